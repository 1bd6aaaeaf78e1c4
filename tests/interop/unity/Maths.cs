// The part of UnityEngine's arithmetic that the package uses, so that it compiles and runs without Unity.
using System;

namespace UnityEngine
{
    public static class Mathf
    {
        public static float Sqrt(float x) { return (float)Math.Sqrt(x); }
        public static float Exp(float x) { return (float)Math.Exp(x); }
        public static float Max(float a, float b) { return a > b ? a : b; }
        public static int Max(int a, int b) { return a > b ? a : b; }
        public static float Min(float a, float b) { return a < b ? a : b; }
    }

    public struct Vector3
    {
        public float x, y, z;
        public Vector3(float x, float y, float z) { this.x = x; this.y = y; this.z = z; }
        public static Vector3 zero { get { return new Vector3(0f, 0f, 0f); } }
        public static Vector3 one { get { return new Vector3(1f, 1f, 1f); } }
        public static Vector3 up { get { return new Vector3(0f, 1f, 0f); } }
        public float magnitude { get { return (float)Math.Sqrt(Dot(this, this)); } }
        public static float Dot(Vector3 a, Vector3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
        public static Vector3 Cross(Vector3 a, Vector3 b)
        {
            return new Vector3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
        }
        public static Vector3 Scale(Vector3 a, Vector3 b) { return new Vector3(a.x * b.x, a.y * b.y, a.z * b.z); }
        public static Vector3 LerpUnclamped(Vector3 a, Vector3 b, float t) { return a + t * (b - a); }
        public static Vector3 operator +(Vector3 a, Vector3 b) { return new Vector3(a.x + b.x, a.y + b.y, a.z + b.z); }
        public static Vector3 operator -(Vector3 a, Vector3 b) { return new Vector3(a.x - b.x, a.y - b.y, a.z - b.z); }
        public static Vector3 operator *(float s, Vector3 a) { return new Vector3(s * a.x, s * a.y, s * a.z); }
        public static Vector3 operator *(Vector3 a, float s) { return s * a; }
    }

    public struct Quaternion
    {
        public float x, y, z, w;
        public Quaternion(float x, float y, float z, float w) { this.x = x; this.y = y; this.z = z; this.w = w; }
        public static Quaternion identity { get { return new Quaternion(0f, 0f, 0f, 1f); } }
        public static float Dot(Quaternion a, Quaternion b) { return a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w; }
        public static Quaternion Inverse(Quaternion q) { return new Quaternion(-q.x, -q.y, -q.z, q.w); }

        public static Quaternion operator *(Quaternion a, Quaternion b)
        {
            var u = new Vector3(a.x, a.y, a.z);
            var v = new Vector3(b.x, b.y, b.z);
            Vector3 w = a.w * v + b.w * u + Vector3.Cross(u, v);
            return new Quaternion(w.x, w.y, w.z, a.w * b.w - Vector3.Dot(u, v));
        }

        public static Vector3 operator *(Quaternion q, Vector3 p)
        {
            var u = new Vector3(q.x, q.y, q.z);
            Vector3 t = 2f * Vector3.Cross(u, p);
            return p + q.w * t + Vector3.Cross(u, t);
        }

        public static Quaternion Slerp(Quaternion a, Quaternion b, float t)
        {
            float dot = Dot(a, b), sign = dot < 0f ? -1f : 1f;
            double angle = Math.Acos(Math.Min(1.0, Math.Abs(dot))), sine = Math.Sin(angle);
            float s = sine < 1e-6 ? 1f - t : (float)(Math.Sin((1.0 - t) * angle) / sine);
            float r = sign * (sine < 1e-6 ? t : (float)(Math.Sin(t * angle) / sine));
            return new Quaternion(s * a.x + r * b.x, s * a.y + r * b.y, s * a.z + r * b.z, s * a.w + r * b.w);
        }

        public static Quaternion FromToRotation(Vector3 a, Vector3 b)
        {
            float size = a.magnitude * b.magnitude;
            if (size == 0f) return identity;
            Vector3 axis = Vector3.Cross(a, b);
            double angle = Math.Atan2(axis.magnitude, Vector3.Dot(a, b));
            float share = axis.magnitude > 0f ? (float)Math.Sin(angle / 2.0) / axis.magnitude : 0f;
            return new Quaternion(share * axis.x, share * axis.y, share * axis.z, (float)Math.Cos(angle / 2.0));
        }
    }
}
