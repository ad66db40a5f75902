using System.Text.Json;
using Hummingbird.Vulkan.Engine.Generation;

namespace Hummingbird.Vulkan.Cli;

/// <summary>The events of <c>generate --json</c>: start, progress, note, result.</summary>
internal sealed class GenerationEvents(JsonEvents events)
{
    public void Start(VideoJob job, string device, string model) => events.Write("start", json =>
    {
        GenerationRequest request = job.Request;
        json.WriteString("prompt", request.Prompt);
        json.WriteNumber("seed", request.Seed);
        json.WriteNumber("steps", request.Steps);
        json.WriteNumber("frames", request.Frames);
        json.WriteNumber("fps", request.Fps);
        json.WriteNumber("width", request.Width);
        json.WriteNumber("height", request.Height);
        json.WriteNumber("guidance_scale", request.GuidanceScale);
        json.WriteString("scheduler", request.Scheduler);
        json.WriteString("model", model);
        json.WriteString("device", device);
        json.WriteString("output", job.Output);
    });

    public void Progress(GenerationProgress progress) => events.Write("progress", json =>
    {
        json.WriteString("phase", JsonName(progress.Phase));
        json.WriteNumber("done", progress.Done);
        json.WriteNumber("total", progress.Total);
        json.WriteNumber("elapsed_s", Math.Round(progress.Elapsed.TotalSeconds, 6));
    });

    public void Note(string text) => events.Write("note", json => json.WriteString("text", text));

    public void Result(FinishedVideo video, string device, long? deviceMemory) => events.Write("result", json =>
    {
        json.WriteString("output", video.Path);
        json.WriteNumber("seed", video.Job.Request.Seed);
        json.WriteString("device", device);
        json.WriteNumber("total_s", Math.Round(video.Total.TotalSeconds, 6));
        json.WriteStartObject("phases_s");
        foreach ((GenerationPhase phase, TimeSpan time) in video.Result.Timings)
        {
            json.WriteNumber(JsonName(phase), Math.Round(time.TotalSeconds, 6));
        }

        json.WriteEndObject();
        json.WriteNumber("peak_process_bytes", FinishedVideo.PeakProcessMemoryInBytes);
        if (deviceMemory is long bytes)
        {
            json.WriteNumber("peak_device_bytes", bytes);
        }
    });

    private static string JsonName(GenerationPhase phase) => ProgressView.NameOf(phase).Replace(' ', '_');
}
