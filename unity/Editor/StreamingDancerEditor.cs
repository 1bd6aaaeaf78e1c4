using UnityEditor;
using UnityEngine;

namespace StreamingDance.Editor
{
    /// <summary>Says in the inspector what is wrong with the character before Play, and how the stream fares in it.</summary>
    [CustomEditor(typeof(StreamingDancer))]
    [CanEditMultipleObjects]
    internal sealed class StreamingDancerEditor : UnityEditor.Editor
    {
        public override bool RequiresConstantRepaint() { return Application.isPlaying; }

        public override void OnInspectorGUI()
        {
            var dancer = (StreamingDancer)target;
            string problem = EditorUtility.IsPersistent(dancer) ? null : dancer.RigProblem;  // in a prefab nothing is awake
            if (problem != null) EditorGUILayout.HelpBox(problem, MessageType.Warning);
            if (Application.isPlaying && dancer.StatusText.Length > 0)
                EditorGUILayout.HelpBox(dancer.StatusText, dancer.Status == StreamStatus.Dancing ? MessageType.Info : MessageType.Warning);
            DrawDefaultInspector();
        }
    }
}
