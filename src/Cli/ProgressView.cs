using System.Diagnostics;
using System.Globalization;
using Hummingbird.Vulkan.Engine.Generation;

namespace Hummingbird.Vulkan.Cli;

/// <summary>Shows a generation in progress on standard error: one redrawn line on a terminal, plain lines elsewhere.</summary>
internal sealed class ProgressView(Terminal terminal, bool isQuiet)
{
    private const int BarWidth = 24;
    private static readonly TimeSpan BetweenRedraws = TimeSpan.FromMilliseconds(80), BetweenLines = TimeSpan.FromSeconds(2);

    private long lastShown;
    private bool hasOpenLine;

    /// <summary>What the phase is called.</summary>
    public static string NameOf(GenerationPhase phase) => phase switch
    {
        GenerationPhase.EncodePrompt => "encode prompt",
        _ => phase.ToString().ToLowerInvariant(),
    };

    public void Show(GenerationProgress progress)
    {
        bool isCounted = progress.Phase is GenerationPhase.Denoise or GenerationPhase.Interpolate or GenerationPhase.Decode or GenerationPhase.Upscale;
        if (isQuiet || (!terminal.IsInteractive && !isCounted) || !IsDue(progress, isCounted))
        {
            return;
        }

        string name = NameOf(progress.Phase).PadRight("encode prompt".Length);
        if (!terminal.IsInteractive)
        {
            terminal.Error.WriteLine($"{name} {Counts(progress)}");
            return;
        }

        string bar = isCounted ? $"{Bar(progress)} {Counts(progress)}" : "";
        terminal.Error.Write($"\r\e[K{Colored(name, "36")} {bar}");
        hasOpenLine = true;
    }

    /// <summary>A line that stays, such as a note.</summary>
    public void Say(string text)
    {
        Clear();
        terminal.Say(text);
    }

    /// <summary>Takes the redrawn line away.</summary>
    public void Clear()
    {
        if (hasOpenLine)
        {
            terminal.Error.Write("\r\e[K");
            hasOpenLine = false;
        }
    }

    /// <summary><c>3/4 · 0.12 s/it · 8.1 it/s · ETA 1 s</c>.</summary>
    internal static string Counts(GenerationProgress progress)
    {
        string counts = $"{progress.Done}/{progress.Total}";
        if (progress.PerItem is not { Ticks: > 0 } each)
        {
            return counts;
        }

        string unit = progress.Phase == GenerationPhase.Decode ? "frame" : "it";
        string speed = string.Create(CultureInfo.InvariantCulture, $"{counts} · {each.TotalSeconds:0.00##} s/{unit} · {1 / each.TotalSeconds:0.0#} {unit}/s");
        return progress.Done < progress.Total ? $"{speed} · ETA {Math.Ceiling(progress.Remaining!.Value.TotalSeconds):0} s" : speed;
    }

    private static string Bar(GenerationProgress progress)
    {
        int filled = BarWidth * progress.Done / Math.Max(1, progress.Total);
        return $"[{new string('#', filled)}{new string('.', BarWidth - filled)}]";
    }

    private bool IsDue(GenerationProgress progress, bool isCounted)
    {
        bool isEdge = isCounted && progress.Done == progress.Total;
        bool isFirst = progress.Done == 0 && terminal.IsInteractive;
        TimeSpan pause = terminal.IsInteractive ? BetweenRedraws : BetweenLines;
        if (!isEdge && !isFirst && (progress.Done == 0 || (lastShown != 0 && Stopwatch.GetElapsedTime(lastShown) < pause)))
        {
            return false;
        }

        lastShown = Stopwatch.GetTimestamp();
        return true;
    }

    private string Colored(string text, string code) => terminal.UsesColor ? $"\e[{code}m{text}\e[0m" : text;
}
