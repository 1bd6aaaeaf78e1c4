using System;
using System.Diagnostics;

namespace StreamingDance
{
    /// <summary>
    /// How the stream's time lies to this computer's. The datagram that was quickest sets it; what others come later by is
    /// the jitter. The two clocks may drift: the quickest is forgotten a little each second.
    /// </summary>
    internal struct StreamClock
    {
        private const double DriftPerSecond = 0.001, JitterSeconds = 3.0, JitterLimit = 0.2;
        private const double Elsewhere = 0.5;  // s: this late is another show, or another place in it

        private double earliest, arrived;

        /// <summary>Seconds that datagrams came late by, lately.</summary>
        public double Jitter { get; private set; }

        /// <summary>Seconds on this computer's clock, from any thread.</summary>
        public static double Now { get { return Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency; } }

        /// <summary>Begin anew with the first frame of a show.</summary>
        public void Begin(double time, double now)
        {
            earliest = now - time;
            arrived = now;
            Jitter = 0.0;
        }

        /// <summary>Whether a frame for `time` that comes now cannot belong to what came before.</summary>
        public bool IsElsewhere(double time, double now) { return now - time - earliest > Elsewhere; }

        /// <summary>One more frame has come.</summary>
        public void Hear(double time, double now)
        {
            double passed = Math.Max(now - arrived, 0.0);
            arrived = now;
            earliest = Math.Min(earliest + DriftPerSecond * passed, now - time);
            double late = Math.Min(now - time - earliest, JitterLimit);
            Jitter = Math.Max(late, Jitter * Math.Exp(-passed / JitterSeconds));
        }

        /// <summary>The stream's time of a frame that would come just now, were it among the quickest.</summary>
        public double StreamTime(double now) { return now - earliest; }
    }
}
