using System.Collections.Generic;
using System.Text;

namespace StreamingDance
{
    /// <summary>Builds one OSC message to be sent; the C# type of an argument is its tag (string s, int i, float f).</summary>
    internal static class OscWriter
    {
        public static byte[] Message(string address, params object[] arguments)
        {
            var data = new List<byte>();
            var tags = new StringBuilder(",");
            foreach (object argument in arguments) tags.Append(argument is string ? 's' : argument is int ? 'i' : 'f');
            Text(data, address);
            Text(data, tags.ToString());
            foreach (object argument in arguments)
            {
                if (argument is string) Text(data, (string)argument);
                else Word(data, argument is int ? (int)argument : FloatBits.ToWord((float)argument));
            }
            return data.ToArray();
        }

        private static void Text(List<byte> data, string text)
        {
            data.AddRange(Encoding.UTF8.GetBytes(text));
            do data.Add(0); while (data.Count % 4 != 0);
        }

        private static void Word(List<byte> data, int word)
        {
            for (int shift = 24; shift >= 0; shift -= 8) data.Add((byte)(word >> shift));
        }
    }
}
