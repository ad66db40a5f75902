namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>Text to token ids and back; the shape of Microsoft.ML.Tokenizers' Tokenizer, plus the fixed-length form models take.</summary>
public interface ITokenizer
{
    /// <summary>Tokens a model takes at once, start and end included.</summary>
    int ContextLength { get; }

    /// <summary>The ids of the text alone: no start, no end, no padding, not cut.</summary>
    IReadOnlyList<int> EncodeToIds(string text);

    /// <summary>How many ids <see cref="EncodeToIds"/> gives; the text is cut when this exceeds <see cref="ContextLength"/> - 2.</summary>
    int CountTokens(string text);

    /// <summary>The text of some ids; start, end and what follows the end are left out.</summary>
    string Decode(IEnumerable<int> ids);

    /// <summary>Exactly <see cref="ContextLength"/> ids: start, text, end, padding; a text too long is cut and still ends with the end token.</summary>
    int[] EncodeToContext(string text);
}
