using System;
using UnityEngine;

namespace StreamingDance
{
    /// <summary>What becomes of the dancer's way over the stage.</summary>
    public enum Travel
    {
        /// <summary>The dance begins where the object stands.</summary>
        FromHere,

        /// <summary>Every step as sent: the object's origin is the middle of the stage.</summary>
        AsSent,

        /// <summary>The dancer stays over the object.</summary>
        OnTheSpot
    }

    /// <summary>
    /// Which instant of the stream to show now, and the body at it. Poses are shown one pose late, so that there is always
    /// a next one to move to; what leads the music by more is held back further. The playhead runs smoothly: it is led to
    /// where it should be, and leaps only when that is far away, which a short cross-fade hides.
    /// </summary>
    internal sealed class DancePlayer
    {
        private const double Pull = 2.0, MostPull = 0.1;  // 1/s; share of the normal speed
        private const double Leap = 0.25;  // s
        private const double Early = 0.09;  // s that a pose should still be ahead of the sound when it is shown
        private const double MostHeld = 0.3;  // s
        private const double FadeSeconds = 0.4;

        private readonly DanceStream stream;
        private readonly int dancer;
        private readonly Pose pose = new Pose(), from = new Pose();
        private Vector3 start;
        private double fade;
        private bool begins;
        private int session;

        /// <summary>The body shown, in the axes of the dancer's own object, metres.</summary>
        public readonly Body Body = new Body();

        /// <summary>What the stream said last.</summary>
        public Show Show;

        public DancePlayer(DanceStream stream, int dancer)
        {
            this.stream = stream;
            this.dancer = dancer;
        }

        /// <summary>Whether there is a pose to show.</summary>
        public bool HasPose { get; private set; }

        /// <summary>The instant of the stream that is shown, seconds.</summary>
        public double Time { get; private set; }

        /// <summary>Seconds from a pose's coming to its being shown.</summary>
        public double Delay { get; private set; }

        /// <summary>Seconds that what is shown is ahead of the sound, the sound's own way in not counted.</summary>
        public double Ahead { get { return Show.Lead - Delay; } }

        /// <summary>Whether poses are coming.</summary>
        public bool IsAlive(double now) { return Show.Session > 0 && now - Show.Arrived < DanceStream.SilentSeconds; }

        /// <summary>Move on by `passed` seconds to `now`. delayPoses: how many poses late to show; 2 survive a loss.</summary>
        public void Advance(double now, double passed, float delayPoses, Travel travel)
        {
            Show = stream.Look();
            if (Show.Session == 0) return;
            Delay = Math.Max(delayPoses * Show.Interval + Show.Clock.Jitter, Math.Min(Show.Lead - Early, MostHeld));
            double target = Show.Clock.StreamTime(now) - Delay, next = Time + passed;
            if (session != Show.Session || Math.Abs(target - next) > Leap)
            {
                begins |= session != Show.Session;
                session = Show.Session;
                next = target;
                BeginFade();
            }
            else next += passed * Math.Max(-MostPull, Math.Min(MostPull, Pull * (target - next)));
            fade = Math.Max(0.0, fade - passed);
            ShowAt(next, travel);
        }

        /// <summary>Show one instant of the stream; past its end, the last pose.</summary>
        public void ShowAt(double instant, Travel travel)
        {
            double newest;
            Time = instant;
            if (!stream.Read(dancer, instant, pose, out newest)) return;
            Time = Math.Min(instant, newest);  // waits there: the movement goes on from the last pose, not from its middle
            if (begins) start = pose.Root;
            begins = false;
            Vector3 origin = travel == Travel.OnTheSpot ? pose.Root : travel == Travel.FromHere ? start : Vector3.zero;
            pose.Root -= new Vector3(origin.x, 0f, origin.z);
            if (fade > 0.0)
            {
                float share = (float)(1.0 - fade / FadeSeconds);
                pose.BlendFrom(from, share * share * (3f - 2f * share));
            }
            Body.Stand(pose);
            HasPose = true;
        }

        private void BeginFade()
        {
            if (!HasPose) return;  // nothing to come from
            from.CopyFrom(pose);
            fade = FadeSeconds;
        }
    }
}
