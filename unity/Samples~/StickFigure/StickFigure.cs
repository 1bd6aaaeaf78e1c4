using StreamingDance;
using UnityEngine;

/// <summary>Draws the stream with spheres and cylinders: no character is needed to see that all works.</summary>
[RequireComponent(typeof(StreamingDancer))]
public sealed class StickFigure : MonoBehaviour
{
    public float thickness = 0.06f;

    private readonly Transform[] joints = new Transform[Skeleton.Count];
    private readonly Transform[] limbs = new Transform[Skeleton.Count];
    private StreamingDancer dancer;

    private void Reset() { GetComponent<StreamingDancer>().movesCharacter = false; }  // the inspector asks for no character

    private void Start()
    {
        dancer = GetComponent<StreamingDancer>();
        dancer.movesCharacter = false;
        for (int bone = 0; bone < Skeleton.Count; bone++)
        {
            joints[bone] = Part(PrimitiveType.Sphere);
            if (bone > 0) limbs[bone] = Part(PrimitiveType.Cylinder);
        }
    }

    private void LateUpdate()
    {
        if (!dancer.HasPose) return;
        for (int bone = 0; bone < Skeleton.Count; bone++)
        {
            Vector3 end = dancer.JointPosition(bone);
            joints[bone].localPosition = end;
            joints[bone].localScale = 1.5f * thickness * Vector3.one;
            if (bone == 0) continue;
            Vector3 limb = end - dancer.JointPosition(Skeleton.Parent(bone));
            limbs[bone].localPosition = end - 0.5f * limb;
            limbs[bone].localRotation = Quaternion.FromToRotation(Vector3.up, limb);
            limbs[bone].localScale = new Vector3(thickness, 0.5f * limb.magnitude, thickness);
        }
    }

    private Transform Part(PrimitiveType type)
    {
        Transform part = GameObject.CreatePrimitive(type).transform;
        part.SetParent(transform, false);
        return part;
    }
}
