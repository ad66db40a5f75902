using System.Diagnostics;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>Times the phases and tells the caller about them.</summary>
public sealed class PhaseClock(Action<GenerationProgress>? progress)
{
    private readonly Dictionary<GenerationPhase, TimeSpan> timings = [];
    private readonly List<string> notes = [];
    private GenerationPhase? current;
    private long started;
    private int total;

    public IReadOnlyList<string> Notes => notes;

    /// <summary>Something the user should know.</summary>
    public void Note(string text) => notes.Add(text);

    /// <summary>Ends the running phase and begins another of <paramref name="items"/> steps or frames.</summary>
    public void Begin(GenerationPhase phase, int items)
    {
        End();
        (current, total, started) = (phase, items, Stopwatch.GetTimestamp());
        progress?.Invoke(new(phase, 0, items, TimeSpan.Zero));
    }

    /// <summary>So many items of the phase are done.</summary>
    public void Report(int done) => progress?.Invoke(new(current!.Value, done, total, Stopwatch.GetElapsedTime(started)));

    /// <summary>Ends the last phase.</summary>
    public IReadOnlyDictionary<GenerationPhase, TimeSpan> Finish()
    {
        End();
        return timings;
    }

    private void End()
    {
        if (current is GenerationPhase phase)
        {
            timings[phase] = timings.GetValueOrDefault(phase) + Stopwatch.GetElapsedTime(started);
            current = null;
        }
    }
}
