namespace Hummingbird.Vulkan.Cli;

/// <summary>Where a command reads and writes, and what the other end can show.</summary>
/// <param name="In">Prompts, when asked for with <c>-</c>.</param>
/// <param name="Out">Results: what a script wants.</param>
/// <param name="Error">Progress, notes and errors: what a person wants.</param>
/// <param name="IsInteractive">Error is a terminal that can redraw a line.</param>
/// <param name="UsesColor">Error may be coloured: a terminal, and <c>NO_COLOR</c> is not set.</param>
internal sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error, bool IsInteractive, bool UsesColor)
{
    public static Terminal OfProcess()
    {
        bool isInteractive = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
        bool isColorRefused = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        return new(Console.In, Console.Out, Console.Error, isInteractive, isInteractive && !isColorRefused);
    }

    /// <summary>One line on <see cref="Error"/>, whatever the text holds.</summary>
    public void Say(string text) => Error.WriteLine($"hummingbird: {OneLine(text)}");

    /// <summary>Text from a file, without what a terminal would act on.</summary>
    public static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    private static string OneLine(string text)
        => Printable(string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
}
