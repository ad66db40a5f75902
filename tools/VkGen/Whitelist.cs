using System.Security.Cryptography;
using System.Text;

namespace Hummingbird.Vulkan.Tools.VkGen;

/// <summary>The commands, structs, enums and extension names the engine asks for.</summary>
public sealed record Whitelist(
    IReadOnlyList<(string Name, bool IsOptional)> Commands,
    IReadOnlyList<string> Types,
    IReadOnlyList<string> Extensions,
    string Hash)
{
    public static Whitelist Read(string path)
    {
        string text = File.ReadAllText(path).ReplaceLineEndings("\n");
        List<(string, bool)> commands = [];
        List<string> types = [], extensions = [];
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.Split('#')[0].Trim();
            if (line.Length == 0)
            {
                continue;
            }

            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != 2)
            {
                throw new FormatException($"{path}:{number}: expected two words, found \"{line}\".");
            }

            switch (words[0])
            {
                case "command": commands.Add((words[1], false)); break;
                case "command?": commands.Add((words[1], true)); break;
                case "struct" or "enum": types.Add(words[1]); break;
                case "extension": extensions.Add(words[1]); break;
                default: throw new FormatException($"{path}:{number}: \"{words[0]}\" is none of command, command?, struct, enum, extension.");
            }
        }

        return new(commands, types, extensions, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }
}
