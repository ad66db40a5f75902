namespace Hummingbird.Vulkan.Server;

/// <summary>Lines for whoever started the server. What clients send is data: no control characters, and cut.</summary>
internal sealed class ServerLog(Action<string> say)
{
    private const int MaxLength = 400;

    public void Say(string text) => say(Line(text));

    /// <summary>One printable line of bounded length.</summary>
    public static string Line(string text)
    {
        string cut = text.Length > MaxLength ? text[..MaxLength] + "..." : text;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? '?' : c));
    }
}
