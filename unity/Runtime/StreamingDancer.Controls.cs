namespace StreamingDance
{
    // The performer's hand: messages to the stage's control port. Methods of one argument can be hung on a UI element.
    public sealed partial class StreamingDancer
    {
        /// <summary>Set a control of the stage (energy, mirror ... as it prints them) for all dancers.</summary>
        public void SetControl(string name, float value) { Say("/dance/set/" + name, value); }

        /// <summary>Set a control of the stage for this dancer alone.</summary>
        public void SetOwnControl(string name, float value) { Say("/dance/set/dancer/" + dancer + "/" + name, value); }

        /// <summary>Size of the movement, 1 is normal.</summary>
        public void SetEnergy(float value) { SetControl("energy", value); }

        /// <summary>Dance in this style alone.</summary>
        public void SetStyle(string style) { SetStyle(style, 1f); }

        /// <summary>Give a style this share (0-1) of the dance.</summary>
        public void SetStyle(string style, float weight) { Say("/dance/set/style", style, weight); }

        /// <summary>Tap the beat: four times, and the stage obeys.</summary>
        public void Tap() { Say("/dance/tap"); }

        /// <summary>Hold this tempo; 0: hear it again.</summary>
        public void SetBpm(float bpm) { Say("/dance/bpm", bpm); }

        public void HalveTempo() { Say("/dance/half"); }

        public void DoubleTempo() { Say("/dance/double"); }

        /// <summary>Bring the beat forward by so many milliseconds (below 0: back).</summary>
        public void Nudge(float milliseconds) { Say("/dance/nudge", milliseconds); }

        /// <summary>The nearest beat is the first of its bar.</summary>
        public void Downbeat() { Say("/dance/downbeat"); }

        /// <summary>Dance earlier by so many milliseconds.</summary>
        public void SetLead(float milliseconds) { Say("/dance/lead", milliseconds); }

        /// <summary>Hold the pose, or dance on.</summary>
        public void Freeze(bool on) { Say("/dance/freeze", on ? 1 : 0); }

        public void SetSeed(int seed) { Say("/dance/seed", seed); }

        /// <summary>Back to the first pose and place.</summary>
        public void ResetDance() { Say("/dance/reset"); }

        /// <summary>Ask the stage to introduce itself.</summary>
        public void RequestHello() { Say("/dance/hello"); }

        private void Say(string address, params object[] arguments)
        {
            if (receiver != null) receiver.Send(OscWriter.Message(address, arguments));
        }
    }
}
