using System.Text;
using UnityEngine;

namespace StreamingDance
{
    /// <summary>Reads /dance/...: our own words. What is not as it should be is passed over.</summary>
    internal sealed class DanceWords
    {
        public const string Version = "1";
        private static readonly string[] boneNames =
        {
            "hips", "spine", "chest", "upperChest", "neck", "head",
            "leftShoulder", "leftUpperArm", "leftLowerArm", "leftHand",
            "rightShoulder", "rightUpperArm", "rightLowerArm", "rightHand",
            "leftUpperLeg", "leftLowerLeg", "leftFoot", "leftToes",
            "rightUpperLeg", "rightLowerLeg", "rightFoot", "rightToes"
        };

        private readonly DanceStream stream;
        private readonly Pose pose = new Pose();
        private int rootOf = -1;  // whose root was read last, in this frame

        public DanceWords(DanceStream stream) { this.stream = stream; }

        /// <summary>False when the message is not one of ours.</summary>
        public bool Take(OscMessage message, double now)
        {
            int dancer;
            if (message.Is("/dance/frame")) Frame(message, now);
            else if (message.Is("/dance/beat")) Beat(message);
            else if (message.Is("/dance/level")) Level(message);
            else if (message.Is("/dance/hello")) Hello(message);
            else if (message.Is("/dance/status")) Status(message);
            else if ((dancer = message.NumberBetween("/dance/", "/root")) >= 0) Root(message, dancer);
            else if ((dancer = message.NumberBetween("/dance/", "/rotations")) >= 0) Rotations(message, dancer);
            else if ((dancer = message.NumberBetween("/dance/", "/contacts")) >= 0) Contacts(message, dancer);
            else return false;
            return true;
        }

        private void Frame(OscMessage message, double now)
        {
            if (message.Count != 3 || !message.Numbers(0, 3)) return;
            rootOf = -1;
            if (!stream.BeginFrame(message.Number(1), now)) return;
            stream.Show.IsVmc = false;
            stream.Show.Lead = message.Number(2);
        }

        private void Beat(OscMessage message)
        {
            if (message.Count != 6 || !message.Numbers(0, 6)) return;
            stream.Show.BeatPhase = message.Number(0);
            stream.Show.BarPhase = message.Number(1);
            stream.Show.Bpm = message.Number(2);
            stream.Show.Confidence = message.Number(3);
            stream.Show.BeatInBar = (int)message.Number(4);
            stream.Show.Music = message.Number(5) != 0f;
        }

        private void Level(OscMessage message)
        {
            if (message.Count != 2 || !message.Numbers(0, 2)) return;
            stream.Show.LoudnessDb = message.Number(0);
            stream.Show.Energy = message.Number(1);
        }

        private void Root(OscMessage message, int dancer)
        {
            if (message.Count != 7 || !message.Numbers(0, 7)) return;
            pose.Root = new Vector3(message.Number(0), message.Number(1), message.Number(2));
            rootOf = dancer;
        }

        private void Rotations(OscMessage message, int dancer)
        {
            if (dancer != rootOf || message.Count != 4 * Skeleton.Count || !message.Numbers(0, message.Count)) return;
            for (int bone = 0, at = 0; bone < Skeleton.Count; bone++, at += 4)
            {
                var rotation = new Quaternion(message.Number(at), message.Number(at + 1), message.Number(at + 2), message.Number(at + 3));
                var none = Vector3.zero;
                Skeleton.ToUnity(ref none, ref rotation);
                pose.Local[bone] = rotation;
            }
            var turn = Quaternion.identity;
            Skeleton.ToUnity(ref pose.Root, ref turn);
            rootOf = -1;
            stream.AddPose(dancer, pose);
        }

        private void Contacts(OscMessage message, int dancer)
        {
            if (message.Count != 4 || !message.Numbers(0, 4)) return;
            for (int point = 0; point < 4; point++) stream.SetContact(dancer, point, message.Number(point));
        }

        private void Hello(OscMessage message)
        {
            if (message.Count < 3 || !message.Numbers(1, 2)) return;
            stream.Show.Dancers = (int)message.Number(1);
            bool known = message.TextIs(0, Version) && message.Count == 3 + Skeleton.Count;
            for (int bone = 0; known && bone < Skeleton.Count; bone++) known = message.TextIs(3 + bone, boneNames[bone]);
            stream.Show.Complaint = known ? null : "the stage speaks another version of /dance: update this package";
        }

        private void Status(OscMessage message)
        {
            if (message.Count == 0 || message.TextIs(0, "hello") || message.TextIs(0, "styles") || message.TextIs(0, "controls"))
                return;  // the stage introduces itself because we asked, not the user
            var text = new StringBuilder();
            for (int n = 0; n < message.Count; n++) text.Append(n > 0 ? " " : "").Append(message.Text(n));
            stream.Show.Answer = text.ToString();
        }
    }
}
