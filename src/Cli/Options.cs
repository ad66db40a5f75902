using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Hummingbird.Vulkan.Cli;

/// <summary>Options whose complaints name the option, the value and what is allowed.</summary>
internal static class Options
{
    public static Option<bool> Flag(string name, string description, params string[] aliases)
        => new(name, aliases) { Description = description };

    public static Option<string?> Text(string name, string helpName, string description, params string[] aliases)
        => new(name, aliases) { Description = description, HelpName = helpName };

    public static Option<int?> Int(string name, string helpName, string description, params string[] aliases)
        => Number<int>(name, helpName, description, "a whole number", aliases);

    public static Option<long?> Long(string name, string helpName, string description, params string[] aliases)
        => Number<long>(name, helpName, description, "a whole number", aliases);

    public static Option<double?> Real(string name, string helpName, string description, params string[] aliases)
        => Number<double>(name, helpName, description, "a number", aliases);

    /// <summary>One of a few words, in any case.</summary>
    public static Option<string?> OneOf(string name, string description, params string[] words) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', words),
        CustomParser = result =>
        {
            string? word = words.FirstOrDefault(w => w.Equals(result.Tokens[0].Value, StringComparison.OrdinalIgnoreCase));
            if (word is null)
            {
                result.AddError($"{name} is '{result.Tokens[0].Value}'; it must be {string.Join(" or ", words)}.");
            }

            return word;
        },
    };

    private static Option<T?> Number<T>(string name, string helpName, string description, string kind, string[] aliases)
        where T : struct, INumber<T>
        => new(name, aliases) { Description = description, HelpName = helpName, CustomParser = result => Parse<T>(result, name, kind) };

    private static T? Parse<T>(ArgumentResult result, string name, string kind)
        where T : struct, INumber<T>
    {
        string text = result.Tokens[0].Value;
        if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) && T.IsFinite(value))
        {
            return value;
        }

        result.AddError($"{name} is '{text}'; it must be {kind}.");
        return null;
    }
}
