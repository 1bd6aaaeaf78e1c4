// Plays Unity for the component: builds a character from a file, wakes the component, calls its LateUpdate, and tells what
// it did. Commands come as lines on standard input; each is answered by one line of JSON.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Text;
using System.Threading;
using StreamingDance;
using UnityEngine;
using Pose = StreamingDance.Pose;

internal static class Harness
{
    private const double Patience = 120.0, Silence = 10.0;  // s until `follow` gives up, at the start and after the last pose

    private static readonly List<string> events = new List<string>();
    private static readonly DanceStream stream = new DanceStream();
    private static readonly DancePlayer player = new DancePlayer(stream, 0);
    private static readonly Body worldOf = new Body();
    private static readonly List<StreamingDancer> all = new List<StreamingDancer>();
    private static readonly StatusLamp lamp = new StatusLamp();
    private static StreamingDancer dancer;
    private static Animator animator;
    private static BeatFollower beat;
    private static double last = double.NaN;  // the newest pose that was followed

    private static void Main()
    {
        string line;
        while ((line = Console.ReadLine()) != null)
        {
            string[] words = line.Split(' ');
            Console.WriteLine(Answer(words));
            Console.Out.Flush();
        }
        foreach (StreamingDancer one in all) Call(one, "OnDisable");
    }

    private static string Answer(string[] words)
    {
        switch (words[0])
        {
            case "rig": return Rig(words[1]);
            case "open": return Open(int.Parse(words[1]), int.Parse(words[2]), int.Parse(words[3]));
            case "use": return Use(int.Parse(words[1]));
            case "follow": return Follow(int.Parse(words[1]), double.PositiveInfinity);
            case "until": return Follow(int.MaxValue, Number(words[1]));
            case "report": return Report();
            case "say": return Say(words);
            case "ports": return Ports(int.Parse(words[1]), int.Parse(words[2]), words[3]);
            case "animator": return Switch(words[1] == "on");
            case "take": return Take(words);
            case "advance": return Advance(words);
            case "newest": return Newest();
            case "lamp": return Lamp(double.Parse(words[1], CultureInfo.InvariantCulture));
            case "collect": return "{\"collections\": " + Collect(words[1]) + "}";
            default: throw new ArgumentException(words[0]);
        }
    }

    // name parent position(3) rotation(4) scale(3) bone-or-dash [T-pose rotation(4)]; the first line is the Animator's object
    private static string Rig(string path)
    {
        var objects = new List<GameObject>();
        var kept = new List<SkeletonBone>();
        foreach (string line in File.ReadAllLines(path))
        {
            string[] words = line.Split(' ');
            var thing = new GameObject(words[0]);
            int parent = int.Parse(words[1]);
            if (parent >= 0) thing.transform.SetParent(objects[parent].transform, false);
            thing.transform.localPosition = new Vector3(Number(words[2]), Number(words[3]), Number(words[4]));
            thing.transform.localRotation = Turn(words, 5);
            thing.transform.localScale = new Vector3(Number(words[9]), Number(words[10]), Number(words[11]));
            if (parent < 0) animator = thing.AddComponent<Animator>();
            if (words[12] != "-") animator.Bones[(HumanBodyBones)Enum.Parse(typeof(HumanBodyBones), words[12])] = thing.transform;
            if (words.Length > 13)
                kept.Add(new SkeletonBone
                {
                    name = words[0], position = thing.transform.localPosition, rotation = Turn(words, 13),
                    scale = thing.transform.localScale
                });
            objects.Add(thing);
        }
        if (kept.Count > 0) animator.avatar.humanDescription.skeleton = kept.ToArray();
        return "{}";
    }

    private static string Open(int port, int controlPort, int index)
    {
        dancer = animator.gameObject.AddComponent<StreamingDancer>();
        all.Add(dancer);
        dancer.port = port;
        dancer.controlPort = controlPort;
        dancer.dancer = index;
        dancer.travel = Travel.AsSent;
        dancer.onBeat.AddListener(beat => events.Add(beat.ToString()));
        dancer.onBar.AddListener(() => events.Add("\"bar\""));
        Call(dancer, "Awake");
        Call(dancer, "OnEnable");
        return Settled();
    }

    // once the port is open, or it is known why not
    private static string Settled()
    {
        while (!Get<Receiver>("receiver").IsOpen && Get<Receiver>("receiver").Problem == null) Thread.Sleep(1);
        return Report();
    }

    private static string Use(int character)
    {
        dancer = all[character];
        animator = dancer.GetComponent<Animator>();
        return "{}";
    }

    // LateUpdate, over and over, until so many new poses came, or one for `time`, or nothing more comes; each pose is then
    // laid on the character as it was sent
    private static string Follow(int poses, double time)
    {
        var found = new List<string>();
        double began = StreamClock.Now, before = began;
        while (found.Count < poses && !(last >= time) && StreamClock.Now - began < Patience)
        {
            Thread.Sleep(3);
            double now = StreamClock.Now;
            Time.unscaledDeltaTime = (float)(now - before);
            before = now;
            foreach (StreamingDancer one in all) Call(one, "LateUpdate");
            Call(dancer, "OnGUI");
            Show show = Get<DancePlayer>("player").Show;
            if (found.Count > 0 && now - show.Arrived > Silence) break;
            double newest;
            var pose = new Pose();
            DanceStream heard = Get<Receiver>("receiver").Stream;
            if (show.Session == 0 || show.Time == last || !heard.Read(dancer.dancer, show.Time, pose, out newest)) continue;
            if (newest != show.Time) continue;
            last = newest;
            worldOf.Stand(pose);
            Get<HumanoidRig>("rig").Apply(worldOf, 0f);
            found.Add("{\"time\": " + Write(newest) + ", \"joints\": " + Joints() + "}");
        }
        return "[" + string.Join(", ", found.ToArray()) + "]";
    }

    private static string Report()
    {
        var receiver = Get<Receiver>("receiver");
        Show show = receiver.Stream.Look();
        return "{\"status\": \"" + dancer.Status + "\", \"text\": \"" + dancer.StatusText.Replace("\n", "|").Replace("\"", "'")
            + "\", \"frames\": " + show.Frames + ", \"lost\": " + show.Lost + ", \"garbage\": " + show.Garbage
            + ", \"session\": " + show.Session + ", \"bpm\": " + Write(dancer.Bpm) + ", \"energy\": " + Write(dancer.Energy)
            + ", \"interval\": " + Write(show.Interval) + ", \"contact\": " + Write(dancer.Contact(0))
            + ", \"answer\": \"" + dancer.LastAnswer + "\", \"background\": " + (Application.runInBackground ? "true" : "false")
            + ", \"problem\": \"" + receiver.Problem + "\", \"fault\": " + (receiver.Fault == null ? "null" : "\"" + receiver.Fault.GetType() + "\"")
            + ", \"events\": [" + string.Join(", ", events.ToArray()) + "]}";
    }

    // another port, control port and stage address in the inspector, seen by the next LateUpdate
    private static string Ports(int port, int controlPort, string address)
    {
        dancer.port = port;
        dancer.controlPort = controlPort;
        dancer.stageAddress = address;
        Call(dancer, "LateUpdate");
        return Settled();
    }

    private static string Switch(bool on)
    {
        animator.enabled = on;
        return "{\"problem\": \"" + dancer.RigProblem + "\"}";
    }

    private static string Say(string[] words)
    {
        if (words[1] == "tap") dancer.Tap();
        else dancer.SetControl(words[1], Number(words[2]));
        return "{}";
    }

    // take NOW HEX: a datagram comes, with a clock of the test's own
    private static string Take(string[] words)
    {
        byte[] data = Bytes(words[2]);
        stream.Take(data, data.Length, double.Parse(words[1], CultureInfo.InvariantCulture));
        Show show = stream.Look();
        return "{\"frames\": " + show.Frames + ", \"garbage\": " + show.Garbage + ", \"lost\": " + show.Lost + "}";
    }

    // advance FROM STEP COUNT DELAY TRAVEL: so many frames drawn; of each the instant shown, where the right hand is, a beat
    // that begins or 0, and where the hips are
    private static string Advance(string[] words)
    {
        double now = double.Parse(words[1], CultureInfo.InvariantCulture), step = double.Parse(words[2], CultureInfo.InvariantCulture);
        var found = new List<string>();
        for (int n = 0; n < int.Parse(words[3]); n++, now += step)
        {
            player.Advance(now, step, Number(words[4]), (Travel)Enum.Parse(typeof(Travel), words[5]));
            int began = beat.Advance(player.Show, player.Time, step) ? beat.BeatInBar : 0;
            found.Add("[" + Write(player.Time) + ", " + Write(player.Body.Positions[13]) + ", " + began
                + ", " + Write(player.Body.Positions[0]) + "]");
        }
        return "[" + string.Join(", ", found.ToArray()) + "]";
    }

    // the instant of the last pose that was taken, and where the right hand is in it
    private static string Newest()
    {
        double newest;
        var pose = new Pose();
        stream.Read(0, stream.Look().Time, pose, out newest);
        worldOf.Stand(pose);
        return "[" + Write(newest) + ", " + Write(worldOf.Positions[13]) + "]";
    }

    private static string Lamp(double now)
    {
        player.Advance(now, 0.5, 1f, Travel.AsSent);
        lamp.Refresh(now, player, 0, 7700, 0, null);
        return "{\"status\": \"" + lamp.Status + "\", \"text\": \"" + lamp.Text.Replace("\n", "|") + "\"}";
    }

    // how often the collector ran while this datagram was heard and drawn many thousand times
    private static int Collect(string hex)
    {
        byte[] data = Bytes(hex);
        var laid = new HumanoidRig(animator);
        int before = 0;
        for (int n = 0; n < 6000; n++)
        {
            if (n == 1000) before = GC.CollectionCount(0);
            stream.Take(data, data.Length, n);
            player.Advance(n, 0.016, 1f, Travel.FromHere);
            beat.Advance(player.Show, player.Time, 0.016);
            laid.Apply(player.Body, 0f);
        }
        return GC.CollectionCount(0) - before;
    }

    private static string Joints()
    {
        var found = new string[Skeleton.Count];
        for (int bone = 0; bone < Skeleton.Count; bone++)
        {
            Transform joint = animator.GetBoneTransform(Skeleton.HumanBone(bone));
            found[bone] = joint == null ? "[null, null, null]" : Write(joint.position);
        }
        return "[" + string.Join(", ", found) + "]";
    }

    private static void Call(StreamingDancer one, string method)
    {
        typeof(StreamingDancer).GetMethod(method, BindingFlags.Instance | BindingFlags.NonPublic).Invoke(one, null);
    }

    private static T Get<T>(string field)
    {
        return (T)typeof(StreamingDancer).GetField(field, BindingFlags.Instance | BindingFlags.NonPublic).GetValue(dancer);
    }

    private static byte[] Bytes(string hex)
    {
        var data = new byte[hex.Length / 2];
        for (int n = 0; n < data.Length; n++) data[n] = byte.Parse(hex.Substring(2 * n, 2), NumberStyles.HexNumber);
        return data;
    }

    private static float Number(string text) { return float.Parse(text, CultureInfo.InvariantCulture); }

    private static Quaternion Turn(string[] words, int at)
    {
        return new Quaternion(Number(words[at]), Number(words[at + 1]), Number(words[at + 2]), Number(words[at + 3]));
    }

    private static string Write(double number) { return number.ToString("R", CultureInfo.InvariantCulture); }

    private static string Write(Vector3 v)
    {
        var text = new StringBuilder("[");
        text.Append(Write(v.x)).Append(", ").Append(Write(v.y)).Append(", ").Append(Write(v.z)).Append("]");
        return text.ToString();
    }
}
