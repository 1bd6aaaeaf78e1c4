using UnityEngine;

namespace StreamingDance
{
    /// <summary>
    /// Reads VMC (protocol.vmc.info), which is in Unity's axes already. A pose is whole once its time and all bones have
    /// come, in either order; half a pose is not shown, unless the rest never comes.
    /// </summary>
    internal sealed class VmcWords
    {
        private const int GiveUp = 15;  // poses that lack bones, until it is believed that those are not sent

        private readonly DanceStream stream;
        private readonly string[] names = new string[Skeleton.Count];
        private readonly Vector3[] positions = new Vector3[Skeleton.Count];
        private readonly Pose pose = new Pose();
        private readonly Pose whole = new Pose();
        private Vector3 rootPosition = Vector3.zero;
        private Quaternion rootRotation = Quaternion.identity;
        private double time;
        private bool timed;
        private int seen, expected = (1 << Skeleton.Count) - 1;  // bits of bones
        private int halves;

        public VmcWords(DanceStream stream)
        {
            this.stream = stream;
            for (int bone = 0; bone < Skeleton.Count; bone++) names[bone] = Skeleton.HumanBone(bone).ToString();
        }

        public void Take(OscMessage message, double now)
        {
            if (message.Is("/VMC/Ext/Bone/Pos")) Bone(message);
            else if (message.Is("/VMC/Ext/T")) Time(message, now);
            else if (message.Is("/VMC/Ext/Root/Pos")) Root(message);
            else return;
            if (timed && seen == expected) Finish(now);
        }

        private void Time(OscMessage message, double now)
        {
            if (!message.Numbers(0, 1)) return;
            if (timed && seen != 0)
            {
                if (++halves > GiveUp)
                {
                    expected = seen;
                    Finish(now);
                }
                else seen = 0;
            }
            else if (seen != expected) seen = 0;  // what is left of a pose whose beginning was lost
            time = message.Number(0);
            timed = true;
        }

        private void Root(OscMessage message)
        {
            if (!message.Numbers(1, 7)) return;
            ReadPlace(message, out rootPosition, out rootRotation);
        }

        private void Bone(OscMessage message)
        {
            if (!message.Numbers(1, 7)) return;
            int bone = 0;
            while (bone < Skeleton.Count && !message.TextIs(0, names[bone])) bone++;
            if (bone == Skeleton.Count) return;
            ReadPlace(message, out positions[bone], out pose.Local[bone]);
            seen |= 1 << bone;
            expected |= seen;
        }

        private void Finish(double now)
        {
            timed = false;
            seen = halves = 0;
            if (!stream.BeginFrame(time, now)) return;
            stream.Show.IsVmc = true;
            stream.Show.Lead = 0f;
            stream.Show.Complaint = null;
            whole.CopyFrom(pose);
            whole.Local[0] = rootRotation * pose.Local[0];
            whole.Root = (rootPosition + rootRotation * positions[0]) * ToOurSize();
            stream.AddPose(0, whole);
        }

        // the sender's avatar may be larger or smaller: its legs tell
        private float ToOurSize()
        {
            float leg = positions[Skeleton.LeftLowerLeg].magnitude + positions[Skeleton.LeftFoot].magnitude;
            return leg > 0.1f ? Skeleton.LegLength / leg : 1f;
        }

        private static void ReadPlace(OscMessage message, out Vector3 position, out Quaternion rotation)
        {
            position = new Vector3(message.Number(1), message.Number(2), message.Number(3));
            rotation = new Quaternion(message.Number(4), message.Number(5), message.Number(6), message.Number(7));
        }
    }
}
