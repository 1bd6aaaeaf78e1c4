// What the package draws with, and the marks on its fields: nothing of it is shown here.
using System;

namespace UnityEngine
{
    public sealed class HeaderAttribute : Attribute { public HeaderAttribute(string text) { } }

    public sealed class TooltipAttribute : Attribute { public TooltipAttribute(string text) { } }

    public sealed class DelayedAttribute : Attribute { }

    public sealed class RangeAttribute : Attribute { public RangeAttribute(float low, float high) { } }

    public sealed class AddComponentMenu : Attribute { public AddComponentMenu(string place) { } }

    public sealed class RequireComponent : Attribute { public RequireComponent(Type type) { } }

    public sealed class DisallowMultipleComponent : Attribute { }

    public sealed class DefaultExecutionOrder : Attribute { public DefaultExecutionOrder(int order) { } }

    public struct Rect
    {
        public float x, y, width, height;
        public Rect(float x, float y, float width, float height) { this.x = x; this.y = y; this.width = width; this.height = height; }
    }

    public struct Color
    {
        public float r, g, b, a;
        public Color(float r, float g, float b, float a) { this.r = r; this.g = g; this.b = b; this.a = a; }
        public static Color red { get { return new Color(1f, 0f, 0f, 1f); } }
        public static Color green { get { return new Color(0f, 1f, 0f, 1f); } }
        public static Color yellow { get { return new Color(1f, 0.92f, 0.016f, 1f); } }
        public static Color white { get { return new Color(1f, 1f, 1f, 1f); } }
    }

    public class Texture : Object { }

    public class Texture2D : Texture { public static Texture2D whiteTexture { get { return new Texture2D(); } } }

    public enum TextClipping { Overflow, Clip }

    public class GUIContent { public string text = ""; }

    public class GUIStyleState { public Color textColor; }

    public class GUIStyle
    {
        public readonly GUIStyleState normal = new GUIStyleState();
        public int fontSize;
        public bool wordWrap;
        public TextClipping clipping;
        public GUIStyle(GUIStyle other) { }
    }

    public class GUISkin { public GUIStyle label = new GUIStyle(null); }

    public static class GUI
    {
        public static Color color;
        public static GUISkin skin = new GUISkin();
        public static void DrawTexture(Rect place, Texture image) { }
        public static void Label(Rect place, GUIContent content, GUIStyle style) { }
    }

    public enum EventType { Repaint, Layout }

    public class Event
    {
        public EventType type;
        public static Event current { get { return new Event { type = EventType.Repaint }; } }
    }
}
