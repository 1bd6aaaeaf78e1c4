using UnityEngine;

namespace StreamingDance
{
    /// <summary>
    /// Puts the stage's body on a Humanoid of any proportions and any rest rotations. A limb of the avatar points where
    /// ours points; every other bone turns from its T-pose as ours turns from its own. Legs set the scale, and the feet
    /// touch the floor when ours do. All in the axes of the Animator's own object, whose origin is the floor.
    /// </summary>
    internal sealed class HumanoidRig
    {
        private const float Touch = 0.02f;  // m: a foot this much higher than the lower one hardly counts for the floor

        private readonly Transform root;
        private readonly Transform[] bones = new Transform[Skeleton.Count];
        private readonly Quaternion[] rests = new Quaternion[Skeleton.Count];  // brought to our T-pose
        private readonly int[] drivers = new int[Skeleton.Count];  // which of our bones turns it
        private readonly float[] weights = new float[4], gaps = new float[4];
        private readonly Vector3 toHipJoints;  // from the hips to the middle between the hip joints, at rest
        private readonly float scale, ankleHeight, toeHeight;

        /// <summary>Why this cannot dance, in words and with the remedy; null when it can.</summary>
        public static string Problem(Animator animator)
        {
            if (animator == null) return "no Animator here or below: put this component on your character";
            if (animator.avatar == null || !animator.avatar.isValid || !animator.avatar.isHuman)
                return "the character is not Humanoid: select its model file, tab Rig, Animation Type: Humanoid, Apply";
            if (!animator.isActiveAndEnabled) return "the Animator is switched off: tick it, and the object it is on";
            for (int bone = 0; bone < Skeleton.Count; bone++)
                if (IsNeeded(bone) && animator.GetBoneTransform(Skeleton.HumanBone(bone)) == null)
                    return "bone " + Skeleton.HumanBone(bone) + " is hidden or missing: in the model's tab Rig switch off "
                        + "Optimize Game Objects, then look into Configure...";
            return null;
        }

        public HumanoidRig(Animator animator)
        {
            root = animator.transform;
            var rest = new RestPose(animator);
            var places = new Vector3[Skeleton.Count];
            for (int bone = 0; bone < Skeleton.Count; bone++)
            {
                bones[bone] = animator.GetBoneTransform(Skeleton.HumanBone(bone));
                if (bones[bone] == null) continue;
                rest.Read(bones[bone], out places[bone], out rests[bone]);
                drivers[bone] = bone;
            }
            FoldSpine();
            Align(places);
            float leg = (places[Skeleton.LeftLowerLeg] - places[Skeleton.LeftUpperLeg]).magnitude
                + (places[Skeleton.LeftFoot] - places[Skeleton.LeftLowerLeg]).magnitude;
            scale = leg / Skeleton.LegLength;
            toHipJoints = 0.5f * (places[Skeleton.LeftUpperLeg] + places[Skeleton.RightUpperLeg]) - places[Skeleton.Hips];
            ankleHeight = HeightOf(places, Skeleton.LeftFoot, Skeleton.RightFoot, Skeleton.AnkleHeight);
            toeHeight = HeightOf(places, Skeleton.LeftToes, Skeleton.RightToes, Skeleton.ToeHeight);
        }

        /// <summary>Take a body, whose floor is the object's origin, `lift` metres higher.</summary>
        public void Apply(Body body, float lift)
        {
            Vector3 joints = 0.5f * (body.Positions[Skeleton.LeftUpperLeg] + body.Positions[Skeleton.RightUpperLeg]);
            joints = scale * joints;
            joints.y += ankleHeight - scale * Skeleton.AnkleHeight;
            Vector3 hips = joints - body.Rotations[Skeleton.Hips] * toHipJoints;
            bones[Skeleton.Hips].position = root.TransformPoint(hips);
            Quaternion turn = root.rotation;
            for (int bone = 0; bone < Skeleton.Count; bone++)
                if (bones[bone] != null) bones[bone].rotation = turn * (body.Rotations[drivers[bone]] * rests[bone]);
            hips.y += FloorGap(body) + lift;
            bones[Skeleton.Hips].position = root.TransformPoint(hips);
        }

        // A body whose knees sit elsewhere than ours stands too high or too low with the same angles: by how much, judged by
        // the heels and balls of the feet that are nearest to the floor. The weights are smooth, so the hips do not jump.
        private float FloorGap(Body body)
        {
            Sole(body, 0, Skeleton.LeftFoot, Skeleton.LeftToes);
            Sole(body, 2, Skeleton.RightFoot, Skeleton.RightToes);
            float lowest = Mathf.Min(Mathf.Min(weights[0], weights[1]), Mathf.Min(weights[2], weights[3]));
            float sum = 0f, gap = 0f;
            for (int n = 0; n < 4; n++)
            {
                float weight = Mathf.Exp((lowest - weights[n]) / Touch);
                sum += weight;
                gap += weight * gaps[n];
            }
            return gap / sum;
        }

        // heel and ball of one foot: weights = our height, gaps = what the avatar lacks to be as high (scaled)
        private void Sole(Body body, int at, int foot, int toes)
        {
            Vector3 avatarFoot = root.InverseTransformPoint(bones[foot].position);
            Quaternion turn = body.Rotations[foot];
            float heel = (body.Positions[foot] + turn * new Vector3(0f, -Skeleton.AnkleHeight, 0f)).y;
            weights[at] = heel;
            gaps[at] = scale * heel - (avatarFoot + turn * new Vector3(0f, -ankleHeight, 0f)).y;
            Quaternion toeTurn = body.Rotations[toes];
            float ball = (body.Positions[toes] + toeTurn * new Vector3(0f, -Skeleton.ToeHeight, 0f)).y;
            float avatarBall = bones[toes] != null
                ? (root.InverseTransformPoint(bones[toes].position) + toeTurn * new Vector3(0f, -toeHeight, 0f)).y
                : (avatarFoot + turn * new Vector3(0f, -ankleHeight, scale * Skeleton.Offset(toes).z)).y;
            weights[at + 1] = ball;
            gaps[at + 1] = scale * ball - avatarBall;
        }

        // a spine with fewer bones turns as ours does at its top, or the arms would lag behind
        private void FoldSpine()
        {
            int last = bones[Skeleton.UpperChest] != null ? Skeleton.UpperChest
                : bones[Skeleton.Chest] != null ? Skeleton.Chest : Skeleton.Spine;
            drivers[last] = Skeleton.UpperChest;
        }

        // Upper and lower limbs of the avatar may point elsewhere at rest (A-pose, splayed legs): bring them to our T-pose,
        // and hands with the arms. Feet stay: they stand flat whatever the legs do.
        private void Align(Vector3[] places)
        {
            foreach (int limb in Skeleton.Limbs)
            {
                int end = limb + 1;
                Quaternion turn = Quaternion.FromToRotation(places[end] - places[limb], Skeleton.Offset(end));
                rests[limb] = turn * rests[limb];
                if (end == Skeleton.LeftHand || end == Skeleton.RightHand) rests[end] = turn * rests[end];
            }
        }

        // above the floor; where the origin is not on the floor (some are at the hips), ours, scaled
        private float HeightOf(Vector3[] places, int left, int right, float ours)
        {
            if (bones[left] == null || bones[right] == null) return scale * ours;
            float height = 0.5f * (places[left].y + places[right].y);
            return height >= 0f && height < 0.3f * scale * Skeleton.LegLength ? height : scale * ours;
        }

        private static bool IsNeeded(int bone)
        {
            switch (Skeleton.HumanBone(bone))
            {
                case HumanBodyBones.Chest: case HumanBodyBones.UpperChest: case HumanBodyBones.Neck:
                case HumanBodyBones.LeftShoulder: case HumanBodyBones.RightShoulder:
                case HumanBodyBones.LeftToes: case HumanBodyBones.RightToes:
                    return false;
                default:
                    return true;
            }
        }
    }
}
