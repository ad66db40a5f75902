using System.Globalization;
using System.Xml.Linq;

namespace Hummingbird.Vulkan.Tools.VkGen;

public enum TypeKind
{
    Base,
    Handle,
    DispatchableHandle,
    Enum,
    Flags,
    Struct,
    Union,
    FunctionPointer,
}

/// <summary>A member of a struct or a parameter of a command.</summary>
/// <param name="Pointers">Levels of indirection.</param>
/// <param name="Length">Elements of a fixed array; 1 when it is none.</param>
/// <param name="StructureType">The constant sType must hold; null for other members.</param>
public sealed record Field(string Name, string Type, int Pointers, int Length, string? StructureType);

public sealed record Command(string Name, string ReturnType, IReadOnlyList<Field> Parameters);

public sealed record EnumValue(string Name, long Value);

/// <summary>The parts of vk.xml that the generator reads.</summary>
public sealed class Registry
{
    private readonly Dictionary<string, string> aliases = [];
    private readonly Dictionary<string, int> constants = [];

    private Registry()
    {
    }

    public Dictionary<string, TypeKind> Kinds { get; } = [];

    public Dictionary<string, IReadOnlyList<Field>> Structs { get; } = [];

    public Dictionary<string, Command> Commands { get; } = [];

    public Dictionary<string, List<EnumValue>> Enums { get; } = [];

    /// <summary>Bits enum of each flags type, "" for flags without any.</summary>
    public Dictionary<string, string> FlagBits { get; } = [];

    /// <summary>Enums and flags whose values have 64 bits.</summary>
    public HashSet<string> Wide { get; } = [];

    public string Version { get; private set; } = "";

    public static Registry Load(string path)
    {
        XElement root = XDocument.Load(path, LoadOptions.PreserveWhitespace).Root
            ?? throw new InvalidDataException($"{path} is empty.");
        var registry = new Registry();
        registry.ReadEnums(root);
        registry.ReadTypes(root);
        registry.ReadCommands(root);
        registry.ReadExtendedEnums(root);
        return registry;
    }

    /// <summary>The core name behind a promoted one.</summary>
    public string Resolve(string name) => aliases.TryGetValue(name, out string? target) ? Resolve(target) : name;

    private static bool IsVulkan(XElement element)
        => element.Attribute("api") is not { } api || api.Value.Split(',').Contains("vulkan");

    private void ReadEnums(XElement root)
    {
        foreach (XElement group in root.Elements("enums"))
        {
            string name = (string)group.Attribute("name")!;
            if (group.Attribute("type") is null)
            {
                foreach (XElement constant in group.Elements("enum"))
                {
                    if (int.TryParse((string?)constant.Attribute("value"), out int value))
                    {
                        constants[(string)constant.Attribute("name")!] = value;
                    }
                }

                continue;
            }

            if ((string?)group.Attribute("bitwidth") == "64")
            {
                Wide.Add(name);
            }

            Enums[name] = [.. group.Elements("enum").Where(IsVulkan).Where(e => e.Attribute("alias") is null)
                .Select(e => new EnumValue((string)e.Attribute("name")!, ValueOf(e, extension: 0)))];
        }
    }

    private static long ValueOf(XElement element, int extension)
    {
        if (element.Attribute("bitpos") is { } bit)
        {
            return 1L << int.Parse(bit.Value, CultureInfo.InvariantCulture);
        }

        if (element.Attribute("value") is { } value)
        {
            return value.Value.StartsWith("0x", StringComparison.Ordinal)
                ? Convert.ToInt64(value.Value, 16)
                : long.Parse(value.Value, CultureInfo.InvariantCulture);
        }

        // Values of extensions: see "Assigning Extension Token Values" in the Vulkan style guide.
        int number = (int?)element.Attribute("extnumber") ?? extension;
        long result = 1_000_000_000 + ((number - 1) * 1000L) + (int)element.Attribute("offset")!;
        return (string?)element.Attribute("dir") == "-" ? -result : result;
    }

    private void ReadExtendedEnums(XElement root)
    {
        IEnumerable<XElement> sources = root.Elements("feature").Concat(root.Element("extensions")!.Elements("extension"));
        foreach (XElement source in sources)
        {
            if ((string?)source.Attribute("supported") == "disabled")
            {
                continue;
            }

            int number = source.Name == "extension" ? (int)source.Attribute("number")! : 0;
            foreach (XElement value in source.Elements("require").Elements("enum"))
            {
                if (value.Attribute("extends") is not { } extends || value.Attribute("alias") is not null)
                {
                    continue;
                }

                List<EnumValue> values = Enums[extends.Value];
                string name = (string)value.Attribute("name")!;
                if (!values.Exists(v => v.Name == name))
                {
                    values.Add(new(name, ValueOf(value, number)));
                }
            }
        }
    }

    private void ReadTypes(XElement root)
    {
        foreach (XElement type in root.Element("types")!.Elements("type").Where(IsVulkan))
        {
            string? name = (string?)type.Attribute("name") ?? (string?)type.Element("name");
            if (name is null)
            {
                continue;
            }

            if (type.Attribute("alias") is { } alias)
            {
                aliases[name] = alias.Value;
                continue;
            }

            ReadType(type, name, (string?)type.Attribute("category"));
        }
    }

    private void ReadType(XElement type, string name, string? category)
    {
        switch (category)
        {
            case "handle":
                Kinds[name] = (string?)type.Element("type") == "VK_DEFINE_HANDLE" ? TypeKind.DispatchableHandle : TypeKind.Handle;
                break;
            case "enum":
                Kinds[name] = TypeKind.Enum;
                break;
            case "bitmask":
                Kinds[name] = TypeKind.Flags;
                FlagBits[name] = (string?)type.Attribute("requires") ?? (string?)type.Attribute("bitvalues") ?? "";
                break;
            case "struct" or "union":
                Kinds[name] = category == "struct" ? TypeKind.Struct : TypeKind.Union;
                Structs[name] = [.. type.Elements("member").Where(IsVulkan).Select(ReadField)];
                break;
            case "funcpointer":
                Kinds[name] = TypeKind.FunctionPointer;
                break;
            case "define" when name == "VK_HEADER_VERSION":
                Version = type.Nodes().OfType<XText>().Last().Value.Trim();
                break;
        }
    }

    private Field ReadField(XElement member)
    {
        string text = string.Concat(member.Nodes().OfType<XText>().Select(t => t.Value));
        int length = 1;
        if (member.Element("enum") is { } constant)
        {
            length = constants[constant.Value];
        }
        else if (text.Contains('[', StringComparison.Ordinal))
        {
            int open = text.IndexOf('[', StringComparison.Ordinal);
            length = int.Parse(text.AsSpan(open + 1, text.IndexOf(']', open) - open - 1), CultureInfo.InvariantCulture);
        }

        string? values = (string?)member.Attribute("values");
        return new((string)member.Element("name")!, (string)member.Element("type")!, text.Count(c => c == '*'), length, values);
    }

    private void ReadCommands(XElement root)
    {
        foreach (XElement command in root.Element("commands")!.Elements("command").Where(IsVulkan))
        {
            if (command.Attribute("alias") is { } alias)
            {
                aliases[(string)command.Attribute("name")!] = alias.Value;
                continue;
            }

            XElement prototype = command.Element("proto")!;
            string name = (string)prototype.Element("name")!;
            Commands[name] = new(name, (string)prototype.Element("type")!, [.. command.Elements("param").Where(IsVulkan).Select(ReadField)]);
        }
    }
}
