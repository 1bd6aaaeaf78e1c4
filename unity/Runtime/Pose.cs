using UnityEngine;

namespace StreamingDance
{
    /// <summary>One pose in Unity's axes: where the hips are (metres) and 22 local rotations; the hips' is in the world.</summary>
    internal sealed class Pose
    {
        public Vector3 Root = Skeleton.Offset(Skeleton.Hips);
        public readonly Quaternion[] Local = new Quaternion[Skeleton.Count];

        public Pose()
        {
            for (int bone = 0; bone < Skeleton.Count; bone++) Local[bone] = Quaternion.identity;
        }

        public void CopyFrom(Pose other)
        {
            Root = other.Root;
            other.Local.CopyTo(Local, 0);
        }

        /// <summary>Come from another pose: share 0 is all of it, 1 none.</summary>
        public void BlendFrom(Pose other, float share)
        {
            Root = Vector3.LerpUnclamped(other.Root, Root, share);
            for (int bone = 0; bone < Skeleton.Count; bone++)
                Local[bone] = Quaternion.Slerp(other.Local[bone], Local[bone], share);
        }
    }

    /// <summary>Where all joints of a pose are on the stage's own skeleton, in the world (metres).</summary>
    internal sealed class Body
    {
        public readonly Vector3[] Positions = new Vector3[Skeleton.Count];
        public readonly Quaternion[] Rotations = new Quaternion[Skeleton.Count];

        public void Stand(Pose pose)
        {
            Positions[0] = pose.Root;
            Rotations[0] = pose.Local[0];
            for (int bone = 1; bone < Skeleton.Count; bone++)
            {
                int parent = Skeleton.Parent(bone);
                Rotations[bone] = Rotations[parent] * pose.Local[bone];
                Positions[bone] = Positions[parent] + Rotations[parent] * Skeleton.Offset(bone);
            }
        }
    }
}
