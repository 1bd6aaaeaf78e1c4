using System;

namespace StreamingDance
{
    /// <summary>What the last frame said to all dancers, and how the stream fares. A copy, so it may be kept.</summary>
    internal struct Show
    {
        public double Time, Arrived, Interval;  // s: of the stream; on this computer's clock; between two poses
        public StreamClock Clock;
        public int Session;  // counts the shows that began; 0: nothing was ever heard
        public long Frames, Lost, Garbage;
        public bool IsVmc;
        public int Dancers;  // as said in /dance/hello, else 0
        public float Lead;  // s: the pose is for Time + Lead
        public float BeatPhase, BarPhase, Bpm, Confidence, LoudnessDb, Energy;
        public int BeatInBar;
        public bool Music;
        public string Complaint, Answer;  // why the stream cannot be shown; what the stage answered last
    }

    /// <summary>Everything heard on one port: written by the receiving thread, read by Unity's, under one short lock.</summary>
    internal sealed class DanceStream
    {
        public const int MaxDancers = 64;
        public const double SilentSeconds = 1.0;
        private const double FloatStep = 1.2e-7;  // of a float: between a number and the next one
        private const double SameShow = 1.0;  // s: an older frame is a straggler; much older, the show began anew

        private readonly object gate = new object();
        private readonly PoseTrack[] tracks = new PoseTrack[MaxDancers];
        private readonly float[] contacts = new float[4 * MaxDancers];
        private readonly OscMessage message = new OscMessage();
        private readonly DanceWords dance;
        private readonly VmcWords vmc;
        private bool current;  // whether the datagram's frame is the newest

        /// <summary>For the readers of messages, and for them alone: they run under the lock.</summary>
        internal Show Show;

        public DanceStream()
        {
            dance = new DanceWords(this);
            vmc = new VmcWords(this);
        }

        /// <summary>Take one datagram as it came at `now`. No bytes whatever make it throw.</summary>
        public void Take(byte[] data, int length, double now)
        {
            lock (gate)
            {
                if (!TakePacket(data, 0, length, now, 0)) Show.Garbage++;
            }
        }

        public Show Look()
        {
            lock (gate) return Show;
        }

        /// <summary>The pose of a dancer at an instant of the stream; false when there is none. `newest`: of the last pose.</summary>
        public bool Read(int dancer, double time, Pose into, out double newest)
        {
            lock (gate)
            {
                PoseTrack track = tracks[Slot(dancer)];
                newest = track != null ? track.Newest : double.NegativeInfinity;
                return track != null && track.Read(Math.Min(time, newest), into);
            }
        }

        /// <summary>Contact 0-1 of left heel, left toe, right heel, right toe.</summary>
        public float Contact(int dancer, int point)
        {
            lock (gate) return contacts[4 * Slot(dancer) + point];
        }

        // ---- for the readers of messages

        /// <summary>A frame begins. False when it is older than what was heard; then nothing of it is taken.</summary>
        internal bool BeginFrame(double time, double now)
        {
            time = Unrounded(time);
            bool silent = now - Show.Arrived > SilentSeconds;
            if (Show.Session == 0 || silent || time < Show.Time - SameShow || Show.Clock.IsElsewhere(time, now)) BeginShow(time, now);
            else if (time <= Show.Time) return current = false;
            else Follow(time, now);
            Show.Time = time;
            Show.Arrived = now;
            Show.Frames++;
            return current = true;
        }

        internal void AddPose(int dancer, Pose pose)
        {
            if (!current || dancer >= MaxDancers) return;
            if (tracks[dancer] == null) tracks[dancer] = new PoseTrack();
            tracks[dancer].Add(Show.Time, pose);
        }

        internal void SetContact(int dancer, int point, float value)
        {
            if (dancer < MaxDancers) contacts[4 * dancer + point] = value;
        }

        private void BeginShow(double time, double now)
        {
            Show.Session++;
            Show.Clock.Begin(time, now);
            if (Show.Interval <= 0.0) Show.Interval = 1.0 / 15.0;
            foreach (PoseTrack track in tracks)
                if (track != null) track.Clear();
        }

        private void Follow(double time, double now)
        {
            double passed = time - Show.Time;
            Show.Clock.Hear(time, now);
            if (passed < 1.5 * Show.Interval) Show.Interval += 0.2 * (passed - Show.Interval);
            else
            {
                Show.Lost += (long)Math.Min(Math.Round(passed / Show.Interval) - 1.0, 1000.0);
                Show.Interval *= 1.1;  // or else poses have become rarer
            }
        }

        // The stream's time comes as a float: after hours it moves in steps of milliseconds, and so would the speed of every
        // limb. Within such a step of where the next pose should be, it is taken to be there.
        private double Unrounded(double time)
        {
            double even = Show.Time + Show.Interval, step = Math.Abs(time) * FloatStep;
            return Show.Session > 0 && Math.Abs(time - even) <= step ? even : time;
        }

        private int Slot(int dancer) { return Show.IsVmc || dancer < 0 || dancer >= MaxDancers ? 0 : dancer; }

        private bool TakePacket(byte[] data, int start, int end, double now, int depth)
        {
            if (end - start >= 16 && data[start] == '#') return TakeBundle(data, start, end, now, depth);
            if (!message.Read(data, start, end)) return false;
            if (!dance.Take(message, now)) vmc.Take(message, now);
            return true;
        }

        private bool TakeBundle(byte[] data, int start, int end, double now, int depth)
        {
            const string head = "#bundle\0";
            for (int n = 0; n < head.Length; n++)
                if (data[start + n] != head[n]) return false;
            int at = start + 16;
            while (at < end)
            {
                if (end - at < 4) return false;
                int size = OscMessage.Word(data, at);
                at += 4;
                if (size <= 0 || size > end - at || depth > 4 || !TakePacket(data, at, at + size, now, depth + 1)) return false;
                at += size;
            }
            return true;
        }
    }
}
