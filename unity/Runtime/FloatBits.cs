using System.Runtime.InteropServices;

namespace StreamingDance
{
    /// <summary>The same 32 bits as a number and as a word, without allocating.</summary>
    [StructLayout(LayoutKind.Explicit)]
    internal struct FloatBits
    {
        [FieldOffset(0)] private float number;
        [FieldOffset(0)] private int word;

        public static float ToFloat(int word)
        {
            var bits = new FloatBits();
            bits.word = word;
            return bits.number;
        }

        public static int ToWord(float number)
        {
            var bits = new FloatBits();
            bits.number = number;
            return bits.word;
        }
    }
}
