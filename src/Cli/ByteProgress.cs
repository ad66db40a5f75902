namespace Hummingbird.Vulkan.Cli;

/// <summary>Bytes done of bytes to do: a line that is redrawn on a terminal, one at every tenth elsewhere.</summary>
internal sealed class ByteProgress(Terminal terminal)
{
    private int shown = -1;

    /// <param name="doing">What is done: "converting", "fetching".</param>
    public void Report(string doing, long done, long total)
    {
        int percent = total == 0 ? 100 : (int)(100 * done / total);
        int step = terminal.IsInteractive ? percent : percent / 10 * 10;
        if (step == shown)
        {
            return;
        }

        shown = step;
        string text = $"{doing} {Figures.Bytes(done)} of {Figures.Bytes(total)}";
        if (!terminal.IsInteractive)
        {
            terminal.Error.WriteLine(text);
            return;
        }

        terminal.Error.Write($"\r{text}    {(percent == 100 ? Environment.NewLine : "")}");
    }
}
