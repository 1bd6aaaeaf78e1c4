using System;
using System.Collections.Generic;
using UnityEngine;
using UnityEngine.Events;

namespace StreamingDance
{
    /// <summary>A UnityEvent that says which beat of the bar begins (from 1).</summary>
    [Serializable]
    public sealed class BeatEvent : UnityEvent<int> { }

    /// <summary>
    /// Makes a Humanoid character dance to the stage's stream: /dance on port 7700, or VMC on port 39539 (it knows which by
    /// itself). Poses are laid over whatever the Animator plays, after it.
    /// </summary>
    [AddComponentMenu("Streaming Dancer/Streaming Dancer")]
    [DefaultExecutionOrder(-100)]  // before the LateUpdate of hair, cloth and IK, which then see the pose
    [DisallowMultipleComponent]
    public sealed partial class StreamingDancer : MonoBehaviour
    {
        [Header("Stream")]
        [Delayed]
        [Tooltip("UDP port that listens: 7700 for /dance, 39539 for VMC")]
        public int port = 7700;

        [Delayed]
        [Tooltip("Which dancer of the stage, from 0; a VMC port has one only")]
        public int dancer;

        [Delayed]
        [Tooltip("IP address of the computer on which the stage runs. 127.0.0.1 is this one: then nothing from outside is heard")]
        public string stageAddress = "127.0.0.1";

        [Delayed]
        [Tooltip("The stage's --control port, to which SetControl, Tap and the others speak")]
        public int controlPort = 7701;

        [Header("Movement")]
        [Tooltip("Empty: the Animator on this object or below")]
        public Animator animator;

        [Range(0f, 4f)]
        [Tooltip("How many poses late to show. 1 moves smoothly, 2 also hides single lost poses, 0 is quickest and jerks")]
        public float delayPoses = 1f;

        [Tooltip("Off: only scripts use the dance (JointPosition, onBeat ...), and no character is looked for")]
        public bool movesCharacter = true;

        public Travel travel = Travel.FromHere;

        [Tooltip("Metres up; for characters whose feet sink in or float")]
        public float heightOffset;

        [Header("On stage")]
        [Tooltip("Go on when Unity's window is not in front; else the dance stops whenever you look elsewhere")]
        public bool runInBackground = true;

        [Tooltip("The lamp in the upper left corner of the Game view")]
        public bool showStatus = true;

        public BeatEvent onBeat = new BeatEvent();
        public UnityEvent onBar = new UnityEvent();

        private static readonly List<StreamingDancer> all = new List<StreamingDancer>();

        private readonly StatusLamp lamp = new StatusLamp();
        private Receiver receiver;
        private DancePlayer player;
        private BeatFollower beat;
        private HumanoidRig rig;
        private string rigProblem;
        private Animator rigged;
        private int openPort, openDancer, openControl;
        private string openAddress;

        /// <summary>Whether all is well; StatusText says it in words.</summary>
        public StreamStatus Status { get { return lamp.Status; } }
        public string StatusText { get { return lamp.Text; } }

        /// <summary>Whether a pose is shown.</summary>
        public bool HasPose { get { return player != null && player.HasPose; } }

        /// <summary>Poses that arrive in a second.</summary>
        public float FramesPerSecond { get { return lamp.FramesPerSecond; } }

        /// <summary>Seconds from a pose's arrival to its being shown.</summary>
        public float Delay { get { return player != null ? (float)player.Delay : 0f; } }

        /// <summary>Tempo, and how sure the stage is of it (0-1).</summary>
        public float Bpm { get { return Last.Bpm; } }
        public float Confidence { get { return Last.Confidence; } }

        /// <summary>Where the pose shown is between two beats (0-1), and in which beat of the bar (from 1; 0: no music).</summary>
        public float BeatPhase { get { return beat.Phase; } }
        public int BeatInBar { get { return beat.BeatInBar; } }

        /// <summary>Whether the stage hears music, how lively (0-1) and how loud (dB, 0 is full scale); false, 0 and -120 while nothing arrives.</summary>
        public bool Music { get { return Last.Music; } }
        public float Energy { get { return Last.Energy; } }
        public float LoudnessDb { get { return IsAlive ? Last.LoudnessDb : -120f; } }

        /// <summary>How firmly a foot stands, 0-1: 0 left heel, 1 left toe, 2 right heel, 3 right toe.</summary>
        public float Contact(int point) { return receiver != null ? receiver.Stream.Contact(openDancer, point) : 0f; }

        /// <summary>Where a joint of the stage's own skeleton is, in the axes of this object, metres (bones: Skeleton).</summary>
        public Vector3 JointPosition(int bone) { return player != null ? player.Body.Positions[bone] : Vector3.zero; }

        /// <summary>Why the character cannot dance, with the remedy; null when it can.</summary>
        public string RigProblem { get { return movesCharacter ? HumanoidRig.Problem(FindAnimator()) : null; } }

        /// <summary>What the stage answered to the last control message.</summary>
        public string LastAnswer { get { return player != null ? player.Show.Answer : null; } }

        private bool IsAlive { get { return player != null && player.IsAlive(StreamClock.Now); } }

        private Show Last { get { return IsAlive ? player.Show : new Show(); } }

        private void Awake() { Rig(); }

        private void OnEnable()
        {
            all.Add(this);
            useGUILayout = false;
            if (runInBackground) Application.runInBackground = true;
            Open();
        }

        private void OnDisable()
        {
            all.Remove(this);
            Close();
        }

        private void LateUpdate()
        {
            if (openPort != port || openDancer != dancer || openControl != controlPort || openAddress != stageAddress)
            {
                Close();
                Open();
            }
            double now = StreamClock.Now;
            if (lamp.IsDue(now)) Refresh(now);
            player.Advance(now, Time.unscaledDeltaTime, delayPoses, travel);
            ApplyBody();
            if (!player.IsAlive(now)) beat = new BeatFollower();
            else if (beat.Advance(player.Show, player.Time, Time.unscaledDeltaTime)) Beat();
        }

        private void Beat()
        {
            onBeat.Invoke(beat.BeatInBar);
            if (beat.BeatInBar == 1) onBar.Invoke();
        }

        private void OnGUI()
        {
            if (showStatus && Event.current.type == EventType.Repaint) lamp.Draw(all.IndexOf(this));
        }

        private void ApplyBody()
        {
            if (player.HasPose && rig != null && rigged != null) rig.Apply(player.Body, heightOffset);
        }

        // twice a second: what may take longer, or make garbage
        private void Refresh(double now)
        {
            Rig();
            if (receiver.Fault != null)
            {
                Debug.LogException(receiver.Fault, this);
                receiver.Fault = null;
            }
            lamp.Refresh(now, player, dancer, port, beat.BeatInBar, receiver.Problem ?? rigProblem);
        }

        // a character may come, go or be exchanged while the show runs
        private void Rig()
        {
            Animator found = movesCharacter ? FindAnimator() : null;
            if (rig != null && rigged == found && found != null) return;
            rigProblem = RigProblem;
            rig = movesCharacter && rigProblem == null ? new HumanoidRig(found) : null;
            rigged = found;
        }

        private Animator FindAnimator() { return animator != null ? animator : GetComponentInChildren<Animator>(); }

        private void Open()
        {
            openPort = port;
            openDancer = dancer;
            openControl = controlPort;
            openAddress = stageAddress;
            receiver = Receiver.Open(port, stageAddress, controlPort);
            player = new DancePlayer(receiver.Stream, dancer);
        }

        private void Close()
        {
            receiver.Release();
            receiver = null;
            player = null;
        }
    }
}
