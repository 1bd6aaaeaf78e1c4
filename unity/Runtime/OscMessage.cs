using System.Globalization;
using System.Text;

namespace StreamingDance
{
    /// <summary>
    /// One message of a datagram, read in place (OSC 1.0, opensoundcontrol.stanford.edu/spec-1_0.html). The object is
    /// used again for the next message, so nothing is allocated. No bytes whatever make it throw.
    /// </summary>
    internal sealed class OscMessage
    {
        private const int MaxArguments = 256;

        private readonly int[] starts = new int[MaxArguments];
        private byte[] data;
        private int address, addressEnd, tags;

        /// <summary>How many arguments there are.</summary>
        public int Count { get; private set; }

        /// <summary>Take the message at [start, end). False when these bytes are not one.</summary>
        public bool Read(byte[] bytes, int start, int end)
        {
            data = bytes;
            Count = 0;
            address = start;
            if (start >= end || bytes[start] != '/') return false;
            int at = Skip(start, end, out addressEnd);
            if (at < 0) return false;
            if (at == end) return true;  // old senders leave out the tags of a message without arguments
            if (bytes[at] != ',') return false;
            tags = at + 1;
            int tagsEnd;
            at = Skip(at, end, out tagsEnd);
            if (at < 0 || tagsEnd - tags > MaxArguments) return false;
            for (int n = 0; n < tagsEnd - tags; n++)
            {
                starts[n] = at;
                at = Past(bytes[tags + n], at, end);
                if (at < 0) return false;
            }
            Count = tagsEnd - tags;
            return true;
        }

        /// <summary>Whether the address is this.</summary>
        public bool Is(string text)
        {
            return addressEnd - address == text.Length && Has(address, text);
        }

        /// <summary>For an address like "/dance/12/root": the number between the two parts, or -1.</summary>
        public int NumberBetween(string head, string tail)
        {
            int first = address + head.Length, last = addressEnd - tail.Length;
            if (last <= first || last - first > 4 || !Has(address, head) || !Has(last, tail)) return -1;
            int number = 0;
            for (int at = first; at < last; at++)
            {
                if (data[at] < '0' || data[at] > '9') return -1;
                number = 10 * number + data[at] - '0';
            }
            return number;
        }

        /// <summary>Whether there are so many arguments from `first` on, all of them finite numbers.</summary>
        public bool Numbers(int first, int count)
        {
            if (first + count > Count) return false;
            for (int n = first; n < first + count; n++)
            {
                char tag = Tag(n);
                if (tag != 'f' && tag != 'i') return false;
                float value = Number(n);
                if (float.IsNaN(value) || float.IsInfinity(value)) return false;
            }
            return true;
        }

        /// <summary>The type of an argument.</summary>
        public char Tag(int argument) { return (char)data[tags + argument]; }

        /// <summary>An argument of type f or i.</summary>
        public float Number(int argument)
        {
            int word = Word(data, starts[argument]);
            return Tag(argument) == 'i' ? word : FloatBits.ToFloat(word);
        }

        /// <summary>Whether an argument is this text.</summary>
        public bool TextIs(int argument, string text)
        {
            if (argument >= Count || Tag(argument) != 's') return false;
            int start = starts[argument];
            return Has(start, text) && data[start + text.Length] == 0;
        }

        /// <summary>An argument as words, for people to read.</summary>
        public string Text(int argument)
        {
            if (Tag(argument) != 's')
                return Numbers(argument, 1) ? Number(argument).ToString("0.###", CultureInfo.InvariantCulture) : "?";
            int start = starts[argument], end = start;
            while (data[end] != 0) end++;
            return Encoding.UTF8.GetString(data, start, end - start);
        }

        internal static int Word(byte[] data, int at)
        {
            return data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3];
        }

        private bool Has(int at, string text)
        {
            if (at + text.Length > data.Length) return false;
            for (int n = 0; n < text.Length; n++)
                if (data[at + n] != text[n]) return false;
            return true;
        }

        // past a string and its padding; `textEnd` is where its zero is; -1 if it does not end
        private int Skip(int start, int end, out int textEnd)
        {
            textEnd = start;
            while (textEnd < end && data[textEnd] != 0) textEnd++;
            int next = textEnd + 4 - (textEnd - start) % 4;
            return next <= end ? next : -1;
        }

        // past an argument; -1 if it does not fit or nobody knows the type
        private int Past(byte tag, int at, int end)
        {
            switch ((char)tag)
            {
                case 'T': case 'F': case 'N': case 'I':
                    return at;
                case 'i': case 'f': case 'c': case 'r': case 'm':
                    return end - at >= 4 ? at + 4 : -1;
                case 'h': case 'd': case 't':
                    return end - at >= 8 ? at + 8 : -1;
                case 's': case 'S':
                    int textEnd;
                    return at < end ? Skip(at, end, out textEnd) : -1;
                case 'b':
                    if (end - at < 4) return -1;
                    int size = Word(data, at);
                    return size >= 0 && size <= end - at - 4 - (4 - size % 4) % 4 ? at + 4 + size + (4 - size % 4) % 4 : -1;
                default:
                    return -1;
            }
        }
    }
}
