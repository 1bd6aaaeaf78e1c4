using System.Globalization;
using System.Text;
using UnityEngine;

namespace StreamingDance
{
    /// <summary>How a dancer's stream fares.</summary>
    public enum StreamStatus
    {
        /// <summary>Nothing arrives.</summary>
        Silent,

        /// <summary>Something arrives and something is wrong; the text says what.</summary>
        Unsteady,

        /// <summary>All is well.</summary>
        Dancing
    }

    /// <summary>The lamp and its words: made twice a second, drawn each frame.</summary>
    internal sealed class StatusLamp
    {
        public const double RefreshSeconds = 0.5;
        private const double UnsteadySeconds = 2.0;
        private const float Width = 560f, Line = 20f, Margin = 8f;

        private readonly GUIContent content = new GUIContent();
        private GUIStyle style;
        private double refreshed = double.NegativeInfinity, unsteadyUntil = double.NegativeInfinity;
        private long frames, lost;

        public StreamStatus Status { get; private set; }
        public string Text { get { return content.text; } }

        /// <summary>Poses that arrived in a second.</summary>
        public float FramesPerSecond { get; private set; }

        public bool IsDue(double now) { return now - refreshed >= RefreshSeconds; }

        /// <summary>See how the stream fares. problem: what is wrong with port or character, or null.</summary>
        public void Refresh(double now, DancePlayer player, int dancer, int port, int beat, string problem)
        {
            Show show = player.Show;
            FramesPerSecond = Mathf.Max(0f, (float)((show.Frames - frames) / (now - refreshed)));
            if (show.Lost != lost) unsteadyUntil = now + UnsteadySeconds;
            frames = show.Frames;
            lost = show.Lost;
            refreshed = now;
            string trouble = problem ?? show.Complaint;
            if (!player.IsAlive(now))
            {
                Status = StreamStatus.Silent;
                trouble = trouble ?? "nothing arrives on port " + port + ": is the stage running, with the right --sink?";
            }
            else
            {
                if (!player.HasPose) trouble = trouble ?? "the stage has no dancer " + dancer + ": start it with --dancers " + (dancer + 1);
                if (now < unsteadyUntil) trouble = trouble ?? "poses get lost on the way; a delay of 2 poses hides single ones";
                Status = trouble == null ? StreamStatus.Dancing : StreamStatus.Unsteady;
            }
            content.text = Write(player, dancer, beat, trouble);
        }

        public void Draw(int slot)
        {
            if (style == null)
            {
                style = new GUIStyle(GUI.skin.label) { fontSize = 12, wordWrap = false, clipping = TextClipping.Overflow };
                style.normal.textColor = Color.white;
            }
            float height = 2f * Line + 4f;
            var box = new Rect(Margin, Margin + slot * (height + 4f), Width, height);
            Fill(box, new Color(0f, 0f, 0f, 0.6f));
            Color lamp = Status == StreamStatus.Dancing ? Color.green : Status == StreamStatus.Unsteady ? Color.yellow : Color.red;
            Fill(new Rect(box.x + 8f, box.y + 6f, 12f, 12f), lamp);
            GUI.Label(new Rect(box.x + 28f, box.y + 2f, Width - 36f, height), content, style);
        }

        private string Write(DancePlayer player, int dancer, int beat, string trouble)
        {
            var text = new StringBuilder();
            text.Append("Dancer ").Append(dancer).Append("  ").Append(Status.ToString().ToLowerInvariant());
            if (Status != StreamStatus.Silent)
            {
                text.Append("  ").Append(Whole(FramesPerSecond)).Append(" fps  delay ").Append(Whole(1000.0 * player.Delay)).Append(" ms");
                if (!player.Show.IsVmc) text.Append("  early ").Append(Whole(1000.0 * player.Ahead)).Append(" ms");
                if (beat > 0) text.Append("  ").Append(Whole(player.Show.Bpm)).Append(" bpm  beat ").Append(beat);
            }
            if (trouble != null) text.Append('\n').Append(trouble);
            return text.ToString();
        }

        private static string Whole(double number) { return number.ToString("0", CultureInfo.InvariantCulture); }

        private static void Fill(Rect place, Color colour)
        {
            Color before = GUI.color;
            GUI.color = colour;
            GUI.DrawTexture(place, Texture2D.whiteTexture);
            GUI.color = before;
        }
    }
}
