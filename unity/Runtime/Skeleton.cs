using UnityEngine;

namespace StreamingDance
{
    /// <summary>The 22 bones of the stream in the order of the wire, and the stage's axes.</summary>
    public static class Skeleton
    {
        public const int Count = 22;

        internal const int Hips = 0, Spine = 1, Chest = 2, UpperChest = 3;
        internal const int LeftUpperArm = 7, LeftLowerArm = 8, LeftHand = 9;
        internal const int RightUpperArm = 11, RightLowerArm = 12, RightHand = 13;
        internal const int LeftUpperLeg = 14, LeftLowerLeg = 15, LeftFoot = 16, LeftToes = 17;
        internal const int RightUpperLeg = 18, RightLowerLeg = 19, RightFoot = 20, RightToes = 21;

        private static readonly HumanBodyBones[] humanBones =
        {
            HumanBodyBones.Hips, HumanBodyBones.Spine, HumanBodyBones.Chest, HumanBodyBones.UpperChest,
            HumanBodyBones.Neck, HumanBodyBones.Head,
            HumanBodyBones.LeftShoulder, HumanBodyBones.LeftUpperArm, HumanBodyBones.LeftLowerArm, HumanBodyBones.LeftHand,
            HumanBodyBones.RightShoulder, HumanBodyBones.RightUpperArm, HumanBodyBones.RightLowerArm, HumanBodyBones.RightHand,
            HumanBodyBones.LeftUpperLeg, HumanBodyBones.LeftLowerLeg, HumanBodyBones.LeftFoot, HumanBodyBones.LeftToes,
            HumanBodyBones.RightUpperLeg, HumanBodyBones.RightLowerLeg, HumanBodyBones.RightFoot, HumanBodyBones.RightToes
        };

        /// <summary>The upper and lower limbs: each ends where the next bone begins.</summary>
        internal static readonly int[] Limbs =
        {
            LeftUpperArm, LeftLowerArm, RightUpperArm, RightLowerArm, LeftUpperLeg, LeftLowerLeg, RightUpperLeg, RightLowerLeg
        };

        private static readonly int[] parents =
        {
            -1, 0, 1, 2, 3, 4, 3, 6, 7, 8, 3, 10, 11, 12, 0, 14, 15, 16, 0, 18, 19, 20
        };

        // metres in the parent's axes at rest (T-pose, all rotations identity), in the stage's axes
        private static readonly Vector3[] offsets = InUnityAxes(
            0f, 0.950f, 0f, 0f, 0.095f, 0f, 0f, 0.120f, 0f, 0f, 0.120f, 0f, 0f, 0.165f, -0.010f, 0f, 0.085f, 0.020f,
            0.025f, 0.125f, 0f, 0.145f, 0f, 0f, 0.280f, 0f, 0f, 0.250f, 0f, 0f,
            -0.025f, 0.125f, 0f, -0.145f, 0f, 0f, -0.280f, 0f, 0f, -0.250f, 0f, 0f,
            0.090f, -0.045f, 0f, 0f, -0.415f, 0f, 0f, -0.410f, -0.010f, 0f, -0.060f, 0.135f,
            -0.090f, -0.045f, 0f, 0f, -0.415f, 0f, 0f, -0.410f, -0.010f, 0f, -0.060f, 0.135f);

        /// <summary>Height of the ankle and of the toe joint above the floor at rest, and the length of a leg, metres.</summary>
        internal const float AnkleHeight = 0.080f, ToeHeight = 0.020f;
        internal static readonly float LegLength = Offset(LeftLowerLeg).magnitude + Offset(LeftFoot).magnitude;

        /// <summary>Which bone of a Humanoid this is.</summary>
        public static HumanBodyBones HumanBone(int bone) { return humanBones[bone]; }

        /// <summary>The bone above; -1 for the hips.</summary>
        public static int Parent(int bone) { return parents[bone]; }

        /// <summary>Where the bone begins in its parent's axes at rest, metres; the hips' is their place in the world.</summary>
        public static Vector3 Offset(int bone) { return offsets[bone]; }

        /// <summary>
        /// From the stage's axes (right-handed, the dancer's left at +X) to Unity's (left-handed, its left at -X); both
        /// face +Z with +Y up. Mirroring X turns (x, y, z) to (-x, y, z), and rotations with it.
        /// </summary>
        internal static void ToUnity(ref Vector3 position, ref Quaternion rotation)
        {
            position.x = -position.x;
            rotation.y = -rotation.y;
            rotation.z = -rotation.z;
        }

        private static Vector3[] InUnityAxes(params float[] numbers)
        {
            var found = new Vector3[numbers.Length / 3];
            var none = Quaternion.identity;
            for (int n = 0; n < found.Length; n++)
            {
                found[n] = new Vector3(numbers[3 * n], numbers[3 * n + 1], numbers[3 * n + 2]);
                ToUnity(ref found[n], ref none);
            }
            return found;
        }
    }
}
