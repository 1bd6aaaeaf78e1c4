using StreamingDance;
using UnityEngine;

/// <summary>Makes an object swell on each beat, more on the first of the bar and with the energy of the music.</summary>
public sealed class BeatPulse : MonoBehaviour
{
    public StreamingDancer dancer;
    public float size = 0.3f;

    private Vector3 rest;
    private float swell;

    private void OnEnable()
    {
        rest = transform.localScale;
        if (dancer == null)
        {
            Debug.LogWarning("Beat Pulse: drag the character with the Streaming Dancer into the field Dancer", this);
            enabled = false;
        }
        else dancer.onBeat.AddListener(Swell);
    }

    private void OnDisable()
    {
        if (dancer != null) dancer.onBeat.RemoveListener(Swell);
        transform.localScale = rest;
    }

    private void Update()
    {
        swell *= Mathf.Exp(-6f * Time.unscaledDeltaTime);
        transform.localScale = (1f + swell) * rest;
    }

    private void Swell(int beatInBar) { swell = size * (0.5f + dancer.Energy) * (beatInBar == 1 ? 1.5f : 1f); }
}
