using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Hummingbird.Vulkan.Engine.Tests;

/// <summary>Which types of its own assembly each type mentions: in fields, signatures and method bodies.</summary>
internal sealed class TypeUses(PEReader image)
{
    private static readonly Dictionary<int, OperandType> Operands = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => (int)(ushort)o.Value, o => o.OperandType);

    private readonly MetadataReader metadata = image.GetMetadataReader();

    /// <summary>Pairs of full names; nested types count as the type they are in.</summary>
    public IEnumerable<(string User, string Used)> Of(string layer)
    {
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            TypeDefinition type = metadata.GetTypeDefinition(handle);
            string user = NameOf(handle);
            if (!user.StartsWith(layer + ".", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (EntityHandle mentioned in type.GetMethods().SelectMany(BodyTokens).Concat(SignatureTokens(type)))
            {
                if (Owner(mentioned) is TypeDefinitionHandle used)
                {
                    yield return (user, NameOf(used));
                }
            }
        }
    }

    private string NameOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        return type.IsNested ? NameOf(type.GetDeclaringType()) : $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }

    private IEnumerable<EntityHandle> SignatureTokens(TypeDefinition type)
    {
        TokenCollector collector = new();
        foreach (FieldDefinitionHandle field in type.GetFields())
        {
            metadata.GetFieldDefinition(field).DecodeSignature(collector, null);
        }

        foreach (MethodDefinitionHandle method in type.GetMethods())
        {
            metadata.GetMethodDefinition(method).DecodeSignature(collector, null);
        }

        return collector.Found;
    }

    private IEnumerable<EntityHandle> BodyTokens(MethodDefinitionHandle handle)
    {
        int address = metadata.GetMethodDefinition(handle).RelativeVirtualAddress;
        byte[] il = address == 0 ? [] : image.GetMethodBody(address).GetILBytes() ?? [];
        for (int i = 0; i < il.Length;)
        {
            int code = il[i++];
            if (code == 0xFE)
            {
                code = 0xFE00 | il[i++];
            }

            OperandType operand = Operands[code];
            if (operand is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                yield return (EntityHandle)MetadataTokens.Handle(BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(i)));
            }

            i += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(i))),
                _ => 4,
            };
        }
    }

    private TypeDefinitionHandle? Owner(EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeDefinition => (TypeDefinitionHandle)handle,
        HandleKind.FieldDefinition => metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType(),
        HandleKind.MethodDefinition => metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType(),
        HandleKind.MethodSpecification => Owner(metadata.GetMethodSpecification((MethodSpecificationHandle)handle).Method),
        _ => null,
    };
}

/// <summary>Collects the module's own types that a signature mentions.</summary>
internal sealed class TokenCollector : ISignatureTypeProvider<int, object?>
{
    public List<EntityHandle> Found { get; } = [];

    public int GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        Found.Add(handle);
        return 0;
    }

    public int GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
        => reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public int GetArrayType(int elementType, ArrayShape shape) => 0;

    public int GetByReferenceType(int elementType) => 0;

    public int GetFunctionPointerType(MethodSignature<int> signature) => 0;

    public int GetGenericInstantiation(int genericType, ImmutableArray<int> typeArguments) => 0;

    public int GetGenericMethodParameter(object? genericContext, int index) => 0;

    public int GetGenericTypeParameter(object? genericContext, int index) => 0;

    public int GetModifiedType(int modifier, int unmodifiedType, bool isRequired) => 0;

    public int GetPinnedType(int elementType) => 0;

    public int GetPointerType(int elementType) => 0;

    public int GetPrimitiveType(PrimitiveTypeCode typeCode) => 0;

    public int GetSZArrayType(int elementType) => 0;

    public int GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => 0;
}
