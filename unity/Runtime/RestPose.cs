using System.Collections.Generic;
using UnityEngine;

namespace StreamingDance
{
    /// <summary>
    /// Where the bones of an Animator are in its T-pose, in the axes of its own object. The T-pose is the one that Unity
    /// keeps in the Avatar; what that does not name is taken as it stands now.
    /// </summary>
    internal sealed class RestPose
    {
        private readonly Transform root;
        private readonly Dictionary<string, SkeletonBone> known = new Dictionary<string, SkeletonBone>();

        public RestPose(Animator animator)
        {
            root = animator.transform;
            SkeletonBone[] skeleton = animator.avatar.humanDescription.skeleton;
            if (skeleton == null) return;
            foreach (SkeletonBone bone in skeleton)
                if (!known.ContainsKey(bone.name)) known.Add(bone.name, bone);
        }

        public void Read(Transform bone, out Vector3 position, out Quaternion rotation)
        {
            position = Vector3.zero;
            rotation = Quaternion.identity;
            for (Transform at = bone; at != root && at != null; at = at.parent)
            {
                SkeletonBone kept;
                bool isKnown = known.TryGetValue(at.name, out kept);
                Quaternion turn = isKnown ? kept.rotation : at.localRotation;
                Vector3 size = isKnown ? kept.scale : at.localScale;
                position = (isKnown ? kept.position : at.localPosition) + turn * Vector3.Scale(size, position);
                rotation = turn * rotation;
            }
        }
    }
}
