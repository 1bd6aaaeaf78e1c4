// OscJack, which many Unity projects use, prints every message it reads: address, types, numbers. Ends at /end.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Threading;
using OscJack;

internal static class OscJackReceiver
{
    private static void Main(string[] words)
    {
        var ended = new ManualResetEvent(false);
        FieldInfo tags = typeof(OscDataHandle).GetField("_typeTags", BindingFlags.Instance | BindingFlags.NonPublic);
        using (var server = new OscServer(int.Parse(words[0])))
        {
            server.MessageDispatcher.AddCallback("", (address, data) =>
            {
                if (address == "/end") { ended.Set(); return; }
                var line = new StringBuilder(address + " ," + new string(((List<char>)tags.GetValue(data)).ToArray()));
                for (int n = 0; n < data.GetElementCount(); n++) line.Append(' ').Append(Word(data, n));
                Console.WriteLine(line);
            });
            Console.WriteLine("ready");
            ended.WaitOne();
        }
    }

    private static string Word(OscDataHandle data, int n)
    {
        string text = data.GetElementAsString(n);
        float number;
        bool isNumber = float.TryParse(text, NumberStyles.Float, CultureInfo.CurrentCulture, out number);
        return isNumber ? data.GetElementAsFloat(n).ToString("R", CultureInfo.InvariantCulture) : text;
    }
}
