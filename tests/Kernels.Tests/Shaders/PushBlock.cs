using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Hummingbird.Vulkan.Kernels.Tests.Shaders;

/// <summary>Names and layout of push constants as the two sides write them down.</summary>
internal static partial class PushBlock
{
    /// <summary>The members' names in the GLSL source, in order.</summary>
    public static ImmutableArray<string> NamesInSource(string source)
    {
        Match block = Block().Match(source);
        return [.. Member().Matches(Comment().Replace(block.Groups["members"].Value, "")).Select(m => m.Groups["name"].Value)];
    }

    /// <summary>The fields of a parameter struct behind <paramref name="operands"/> addresses; nested structs are laid out in place.</summary>
    public static ImmutableArray<(string Name, PushMember Member)> Fields(Type parameters, int operands)
        => [.. Flatten(parameters, operands * sizeof(ulong))];

    /// <summary>FirstRow, X2Stride and ARow are first_row, x2_stride and a_row in GLSL.</summary>
    public static string SnakeCase(string name) => WordStart().Replace(name, "_").ToLowerInvariant();

    private static IEnumerable<(string Name, PushMember Member)> Flatten(Type type, int start)
    {
        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
        {
            int offset = start + (int)Marshal.OffsetOf(type, field.Name);
            string name = field.Name.Split('<', '>') is [_, var property, _] ? property : field.Name;
            string? scalar = field.FieldType == typeof(uint) ? "uint" : field.FieldType == typeof(int) ? "int" : field.FieldType == typeof(float) ? "float" : null;
            IEnumerable<(string, PushMember)> members = scalar is null
                ? Flatten(field.FieldType, offset)
                : [(SnakeCase(name), new PushMember(scalar, offset))];
            foreach ((string, PushMember) member in members)
            {
                yield return member;
            }
        }
    }

    [GeneratedRegex(@"layout\(push_constant[^)]*\)\s*uniform\s+\w+\s*\{(?<members>[^}]*)\}")]
    private static partial Regex Block();

    [GeneratedRegex(@"\b\w+\s+(?<name>\w+)\s*;")]
    private static partial Regex Member();

    [GeneratedRegex("//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")]
    private static partial Regex WordStart();
}
