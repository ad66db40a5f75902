using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Kernels.Tests.Shaders;

/// <param name="Type">ulong, uint, int or float, as C# calls it.</param>
/// <param name="Offset">Bytes from the block's start.</param>
internal readonly record struct PushMember(string Type, int Offset);

/// <summary>As much of a SPIR-V module as a host must agree with: push constants and specialization constants.</summary>
/// <remarks>Numbers are those of the SPIR-V specification, section 3.</remarks>
internal sealed class SpirvModule
{
    private const uint Magic = 0x07230203;
    private const int HeaderWords = 5;
    private const uint OpTypeInt = 21, OpTypeFloat = 22, OpTypeStruct = 30, OpTypePointer = 32, OpVariable = 59, OpDecorate = 71, OpMemberDecorate = 72;
    private const uint SpecId = 1, Offset = 35;
    private const uint PushConstantStorage = 9;

    private readonly Dictionary<uint, string> scalars = [];
    private readonly Dictionary<uint, uint[]> structs = [];
    private readonly Dictionary<uint, uint> pointees = [];
    private readonly Dictionary<(uint Struct, uint Member), int> offsets = [];
    private readonly SortedSet<int> specIds = [];
    private uint? pushPointer;

    private SpirvModule(ReadOnlySpan<uint> words)
    {
        if (words.Length < HeaderWords || words[0] != Magic)
        {
            throw new InvalidDataException("These bytes do not begin like SPIR-V.");
        }

        for (int i = HeaderWords; i < words.Length;)
        {
            int length = (int)(words[i] >> 16);
            Read(words[i] & 0xFFFF, words.Slice(i + 1, length - 1));
            i += length;
        }
    }

    /// <summary>Ids of the specialization constants, in order.</summary>
    public ImmutableArray<int> SpecializationIds => [.. specIds];

    /// <summary>Members of the push constant block; none without one.</summary>
    public ImmutableArray<PushMember> PushConstants
    {
        get
        {
            if (pushPointer is not { } pointer)
            {
                return [];
            }

            uint block = pointees[pointer];
            return [.. structs[block].Select((type, i) => new PushMember(scalars[type], offsets[(block, (uint)i)]))];
        }
    }

    public static SpirvModule Load(string path) => new(MemoryMarshal.Cast<byte, uint>(File.ReadAllBytes(path)));

    private void Read(uint operation, ReadOnlySpan<uint> operands)
    {
        switch (operation)
        {
            case OpTypeInt:
                scalars[operands[0]] = (operands[1], operands[2]) switch { (64, 0) => "ulong", (32, 0) => "uint", (32, _) => "int", _ => "other" };
                break;
            case OpTypeFloat:
                scalars[operands[0]] = operands[1] == 32 ? "float" : "other";
                break;
            case OpTypeStruct:
                structs[operands[0]] = operands[1..].ToArray();
                break;
            case OpTypePointer:
                pointees[operands[0]] = operands[2];
                break;
            case OpVariable when operands[2] == PushConstantStorage:
                pushPointer = operands[0];
                break;
            case OpDecorate when operands[1] == SpecId:
                specIds.Add((int)operands[2]);
                break;
            case OpMemberDecorate when operands[2] == Offset:
                offsets[(operands[0], operands[1])] = (int)operands[3];
                break;
        }
    }
}
