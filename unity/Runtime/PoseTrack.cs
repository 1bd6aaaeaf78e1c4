using UnityEngine;

namespace StreamingDance
{
    /// <summary>
    /// The last poses of one dancer, and the movement between them: a cubic whose speed does not jump (Hermite), over
    /// rotations brought to one hemisphere, so that nothing turns the long way round and limbs keep their length.
    /// </summary>
    internal sealed class PoseTrack
    {
        private const int Size = 3 + 4 * Skeleton.Count;
        private const int Keys = 8;

        private readonly Key[] keys = new Key[Keys];
        private readonly float[] between = new float[Size];
        private int first, count;

        public PoseTrack()
        {
            for (int n = 0; n < Keys; n++) keys[n] = new Key();
        }

        public double Newest { get { return count > 0 ? At(count - 1).Time : double.NegativeInfinity; } }

        public void Clear() { count = 0; }

        /// <summary>A pose for an instant (seconds of the stream); one that is not newer than the last is passed over.</summary>
        public void Add(double time, Pose pose)
        {
            if (time <= Newest) return;
            if (count == Keys) { first = (first + 1) % Keys; count--; }
            Key key = At(count);
            key.Time = time;
            key.HasSpeed = false;
            Write(key.Values, pose, count > 0 ? At(count - 1).Values : null);
            count++;
        }

        /// <summary>The pose at an instant; the nearest outside what is known. False when nothing is.</summary>
        public bool Read(double time, Pose into)
        {
            if (count == 0) return false;
            int after = 0;
            while (after < count && At(after).Time < time) after++;
            if (after == 0 || after == count) Copy(At(after == 0 ? 0 : count - 1).Values, into);
            else Between(after - 1, after, time, into);
            return true;
        }

        private void Between(int n, int m, double time, Pose into)
        {
            Key a = WithSpeed(n), b = WithSpeed(m);
            float span = (float)(b.Time - a.Time), u = (float)(time - a.Time) / span, v = 1f - u;
            float fromA = (1f + 2f * u) * v * v, fromB = u * u * (3f - 2f * u);
            float speedA = u * v * v * span, speedB = -u * u * v * span;
            for (int k = 0; k < Size; k++)
                between[k] = fromA * a.Values[k] + fromB * b.Values[k] + speedA * a.Speed[k] + speedB * b.Speed[k];
            Copy(between, into);
        }

        // The speed at a pose is kept once used, so that no later pose changes a movement midway: the central difference
        // where the next pose is known; else that of the parabola through the last three.
        private Key WithSpeed(int n)
        {
            Key key = At(n);
            if (key.HasSpeed) return key;
            key.HasSpeed = true;
            if (n > 0 && n < count - 1) Slope(key.Speed, n - 1, n + 1, 1f, 0f);
            else if (n >= 2)
            {
                Slope(key.Speed, n - 1, n, 1.5f, 0f);
                Slope(key.Speed, n - 2, n - 1, -0.5f, 1f);
            }
            else Slope(key.Speed, Mathf.Max(n - 1, 0), Mathf.Max(n, 1), 1f, 0f);
            return key;
        }

        // into = kept * into + share * slope from n to m
        private void Slope(float[] into, int n, int m, float share, float kept)
        {
            Key a = At(n), b = At(m);
            float factor = share / (float)(b.Time - a.Time);
            for (int k = 0; k < Size; k++) into[k] = kept * into[k] + factor * (b.Values[k] - a.Values[k]);
        }

        private Key At(int n) { return keys[(first + n) % Keys]; }

        private static void Write(float[] values, Pose pose, float[] before)
        {
            values[0] = pose.Root.x; values[1] = pose.Root.y; values[2] = pose.Root.z;
            for (int bone = 0, at = 3; bone < Skeleton.Count; bone++, at += 4)
            {
                Quaternion q = pose.Local[bone];
                bool far = before != null
                    && q.x * before[at] + q.y * before[at + 1] + q.z * before[at + 2] + q.w * before[at + 3] < 0f;
                float sign = far ? -1f : 1f;
                values[at] = sign * q.x; values[at + 1] = sign * q.y; values[at + 2] = sign * q.z; values[at + 3] = sign * q.w;
            }
        }

        private static void Copy(float[] values, Pose into)
        {
            into.Root = new Vector3(values[0], values[1], values[2]);
            for (int bone = 0, at = 3; bone < Skeleton.Count; bone++, at += 4)
            {
                float x = values[at], y = values[at + 1], z = values[at + 2], w = values[at + 3];
                float size = Mathf.Sqrt(x * x + y * y + z * z + w * w);
                into.Local[bone] = size > 1e-6f
                    ? new Quaternion(x / size, y / size, z / size, w / size)
                    : Quaternion.identity;
            }
        }

        private sealed class Key
        {
            public double Time;
            public bool HasSpeed;
            public readonly float[] Values = new float[Size];
            public readonly float[] Speed = new float[Size];
        }
    }
}
