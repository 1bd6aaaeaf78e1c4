using System;

namespace StreamingDance
{
    /// <summary>Where in the beat and in the bar the pose shown is, and when a new beat begins.</summary>
    internal struct BeatFollower
    {
        private double sinceBeat;  // s
        private int metre;

        /// <summary>0-1.</summary>
        public float Phase { get; private set; }

        /// <summary>From 1.</summary>
        public int BeatInBar { get; private set; }

        /// <summary>Move on by `passed` seconds to what is shown at `time`. True when a beat has begun.</summary>
        public bool Advance(Show show, double time, double passed)
        {
            sinceBeat += passed;
            if (!show.Music || show.Bpm <= 0f)
            {
                Phase = 0f;
                BeatInBar = 0;
                return false;
            }
            double place = Math.Max(show.BeatInBar - 1, 0) + show.BeatPhase;  // of the newest pose, in beats
            if (show.BarPhase > 0.1f) metre = Math.Max(1, Math.Min(16, (int)Math.Round(place / show.BarPhase)));
            int beats = metre > 0 ? metre : 4;
            double shown = place + (time - show.Time) * show.Bpm / 60.0;
            shown -= Math.Floor(shown / beats) * beats;
            float before = Phase;
            Phase = (float)(shown - Math.Floor(shown));
            bool begins = BeatInBar > 0 && Phase < before - 0.5f && sinceBeat > 30.0 / show.Bpm;
            if (begins) sinceBeat = 0.0;
            BeatInBar = Math.Min((int)shown, beats - 1) + 1;
            return begins;
        }
    }
}
