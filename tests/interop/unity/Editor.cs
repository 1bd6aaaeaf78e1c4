// The part of UnityEditor that the package uses.
using System;

namespace UnityEditor
{
    public sealed class CustomEditor : Attribute { public CustomEditor(Type type) { } }

    public sealed class CanEditMultipleObjects : Attribute { }

    public enum MessageType { None, Info, Warning, Error }

    public class Editor : UnityEngine.Object
    {
        public UnityEngine.Object target;
        public virtual void OnInspectorGUI() { }
        public virtual bool RequiresConstantRepaint() { return false; }
        public bool DrawDefaultInspector() { return true; }
    }

    public static class EditorUtility { public static bool IsPersistent(UnityEngine.Object thing) { return false; } }

    public static class EditorGUILayout { public static void HelpBox(string message, MessageType type) { } }
}
