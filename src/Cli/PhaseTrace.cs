using System.Diagnostics;
using System.Text.Json;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli;

/// <summary>A timeline of phases, steps, frames and operations in the Trace Event Format, which Perfetto and chrome://tracing open.</summary>
internal sealed class PhaseTrace
{
    private const int PhaseTrack = 1, ItemTrack = 2, NodeTrack = 3;

    private readonly long origin = Stopwatch.GetTimestamp();
    private readonly List<(string Name, int Track, double Start, double Duration)> slices = [];
    private (string Name, double Start)? phase;
    private double itemStart;

    private double Now => Stopwatch.GetElapsedTime(origin).TotalMicroseconds;

    /// <summary>Takes the events of a generation as they come.</summary>
    public void Show(GenerationProgress progress)
    {
        double now = Now;
        if (progress.Done == 0)
        {
            End();
            phase = (ProgressView.NameOf(progress.Phase), now);
            itemStart = now;
            return;
        }

        string item = progress.Phase == GenerationPhase.Decode ? "frame" : "step";
        slices.Add(($"{item} {progress.Done}", ItemTrack, itemStart, now - itemStart));
        itemStart = now;
    }

    /// <summary>The operations of a run, one behind the other by the device's clock from when the host began it.</summary>
    public void Show(GraphRun run)
    {
        double at = Stopwatch.GetElapsedTime(origin, run.Started).TotalMicroseconds;
        for (int i = 0; i < run.NodeSeconds.Length; i++)
        {
            double duration = run.NodeSeconds[i] * 1e6;
            slices.Add((run.Graph.Nodes[i].Label, NodeTrack, at, duration));
            at += duration;
        }
    }

    /// <summary>The running phase is over.</summary>
    public void End()
    {
        if (phase is (string name, double start))
        {
            slices.Add((name, PhaseTrack, start, Now - start));
            phase = null;
        }
    }

    public void Save(string path) => AtomicFile.Write(path, Write);

    private void Write(Stream stream)
    {
        using Utf8JsonWriter json = new(stream);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        WriteTrackName(json, PhaseTrack, "phases");
        WriteTrackName(json, ItemTrack, "steps and frames");
        WriteTrackName(json, NodeTrack, "operations, device time");
        foreach ((string name, int track, double start, double duration) in slices)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("ph", "X");
            json.WriteNumber("ts", start);
            json.WriteNumber("dur", duration);
            WriteTrack(json, track);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTrackName(Utf8JsonWriter json, int track, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", "thread_name");
        json.WriteString("ph", "M");
        WriteTrack(json, track);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTrack(Utf8JsonWriter json, int track)
    {
        json.WriteNumber("pid", 1);
        json.WriteNumber("tid", track);
    }
}
