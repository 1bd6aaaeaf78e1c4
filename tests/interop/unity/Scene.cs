// Objects, transforms and Humanoids as UnityEngine has them, as far as the package uses them: names and signatures are
// Unity's, the work behind them is only what the tests need.
using System;
using System.Collections.Generic;

namespace UnityEngine
{
    public class Object { public string name = ""; }

    public class Component : Object
    {
        public GameObject gameObject;
        public Transform transform { get { return gameObject.transform; } }
        public T GetComponent<T>() where T : class { return gameObject.Find<T>(); }
        public T GetComponentInChildren<T>() where T : class { return gameObject.Find<T>(); }
    }

    public class Behaviour : Component
    {
        public bool enabled = true;
        public bool isActiveAndEnabled { get { return enabled; } }
    }

    public class MonoBehaviour : Behaviour { public bool useGUILayout = true; }

    public class GameObject : Object
    {
        private readonly List<Component> components = new List<Component>();
        public readonly Transform transform;

        public GameObject(string name)
        {
            this.name = name;
            transform = new Transform { gameObject = this, name = name };
        }

        public T AddComponent<T>() where T : Component, new()
        {
            var added = new T { gameObject = this };
            components.Add(added);
            return added;
        }

        internal T Find<T>() where T : class
        {
            foreach (Component component in components)
                if (component is T) return component as T;
            return null;
        }

        public static GameObject CreatePrimitive(PrimitiveType type) { return new GameObject(type.ToString()); }
    }

    public enum PrimitiveType { Sphere, Capsule, Cylinder, Cube }

    public class Transform : Component
    {
        private Transform above;
        public Vector3 localPosition = Vector3.zero, localScale = Vector3.one;
        public Quaternion localRotation = Quaternion.identity;

        public Transform parent { get { return above; } set { above = value; } }

        public void SetParent(Transform parent, bool worldPositionStays) { above = parent; }

        public Quaternion rotation
        {
            get { return above == null ? localRotation : above.rotation * localRotation; }
            set { localRotation = above == null ? value : Quaternion.Inverse(above.rotation) * value; }
        }

        public Vector3 position
        {
            get { return above == null ? localPosition : above.TransformPoint(localPosition); }
            set { localPosition = above == null ? value : above.InverseTransformPoint(value); }
        }

        public Vector3 TransformPoint(Vector3 point)
        {
            Vector3 inside = localPosition + localRotation * Vector3.Scale(localScale, point);
            return above == null ? inside : above.TransformPoint(inside);
        }

        public Vector3 InverseTransformPoint(Vector3 point)
        {
            Vector3 inside = above == null ? point : above.InverseTransformPoint(point);
            Vector3 turned = Quaternion.Inverse(localRotation) * (inside - localPosition);
            return new Vector3(turned.x / localScale.x, turned.y / localScale.y, turned.z / localScale.z);
        }
    }

    public enum HumanBodyBones
    {
        Hips = 0, LeftUpperLeg = 1, RightUpperLeg = 2, LeftLowerLeg = 3, RightLowerLeg = 4, LeftFoot = 5, RightFoot = 6,
        Spine = 7, Chest = 8, Neck = 9, Head = 10, LeftShoulder = 11, RightShoulder = 12, LeftUpperArm = 13,
        RightUpperArm = 14, LeftLowerArm = 15, RightLowerArm = 16, LeftHand = 17, RightHand = 18, LeftToes = 19,
        RightToes = 20, UpperChest = 54, LastBone = 55
    }

    public struct Pose { }  // Unity's own: the package must not stumble over the name

    public struct SkeletonBone
    {
        public string name;
        public Vector3 position;
        public Quaternion rotation;
        public Vector3 scale;
    }

    public struct HumanDescription { public SkeletonBone[] skeleton; }

    public class Avatar : Object
    {
        public bool isValid = true, isHuman = true;
        public HumanDescription humanDescription;
    }

    public class Animator : Behaviour
    {
        public readonly Dictionary<HumanBodyBones, Transform> Bones = new Dictionary<HumanBodyBones, Transform>();
        public Avatar avatar = new Avatar();

        public Transform GetBoneTransform(HumanBodyBones bone)
        {
            Transform found;
            return Bones.TryGetValue(bone, out found) ? found : null;
        }
    }

    public static class Time { public static float unscaledDeltaTime; }

    public static class Application { public static bool runInBackground, isPlaying; }

    public static class Debug
    {
        public static void Log(object message) { Console.Error.WriteLine(message); }
        public static void LogWarning(object message, Object context) { Console.Error.WriteLine(message); }
        public static void LogException(Exception fault, Object context) { Console.Error.WriteLine(fault); }
    }
}

namespace UnityEngine.Events
{
    public delegate void UnityAction();

    public delegate void UnityAction<T>(T value);

    public class UnityEvent
    {
        private event UnityAction Called;
        public void AddListener(UnityAction call) { Called += call; }
        public void RemoveListener(UnityAction call) { Called -= call; }
        public void Invoke() { if (Called != null) Called(); }
    }

    public class UnityEvent<T>
    {
        private event UnityAction<T> Called;
        public void AddListener(UnityAction<T> call) { Called += call; }
        public void RemoveListener(UnityAction<T> call) { Called -= call; }
        public void Invoke(T value) { if (Called != null) Called(value); }
    }
}
