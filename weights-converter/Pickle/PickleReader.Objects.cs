using System.Collections.Immutable;
using System.Text;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Pickle;

/// <summary>Names, calls and states: what a pickle would do, were it run.</summary>
internal sealed partial class PickleReader
{
    private const int LongestName = 1024;
    private const int LargestRank = 16;

    private bool ReadObject(byte code)
    {
        switch (code)
        {
            case (byte)'c': PushGlobal(input.Line(), input.Line()); return true;
            case 0x93: PushStackGlobal(PopLast(2)); return true;
            case (byte)'R': Reduce(PopLast(2)); return true;
            case 0x81: NewObject(PopLast(2)); return true;
            case (byte)'b': Build(Pop()); return true;
            case (byte)'Q': Push(Persistent(Pop())); return true;
            default: return false;
        }
    }

    private object? Persistent(object? id) =>
        persistent(id as PickleTuple ?? throw input.Bad($"refers to {Describe(id)} outside itself"));

    private void PushStackGlobal(object?[] parts)
    {
        if (parts is not [string module, string name])
            throw input.Bad("names something by values that are no text");
        PushGlobal(module, name);
    }

    private void PushGlobal(string module, string name)
    {
        var global = new GlobalName(module, name);
        if (module.Length + name.Length > LongestName)
            throw input.Bad($"holds a name of {module.Length + name.Length} characters; at most {LongestName} are read");
        GlobalStanding standing = PickleGlobals.StandingOf(global);
        if (standing == GlobalStanding.Refused)
            throw input.Bad($"names {Quote.Name(global.ToString())}, which no model needs: refused. Nothing in the file was run");
        if (standing == GlobalStanding.OfModules)
            Note(global, "names");
        PushContainer(global);
    }

    /// <summary>Keeps the first thing only a whole pickled module may do.</summary>
    private void Note(GlobalName name, string does) => FirstForeignCall ??= $"{does} {Quote.Name(name.ToString())}";

    private void NewObject(object?[] parts)
    {
        if (parts is not [GlobalName name, PickleTuple arguments])
            throw input.Bad($"makes an object of {Describe(parts[0])}");
        switch (PickleGlobals.StandingOf(name))
        {
            case GlobalStanding.Storage when name.ToString() == "collections.OrderedDict" && arguments.Items.IsEmpty:
                PushContainer(new PickleDict());
                break;
            case GlobalStanding.Storage:
                throw input.Bad($"makes an object of {Quote.Name(name.ToString())} without its function");
            default:
                Note(name, "makes an object of");
                PushContainer(new InertObject(name));
                break;
        }
    }

    private void Reduce(object?[] parts)
    {
        if (parts is not [GlobalName name, PickleTuple arguments])
            throw input.Bad($"calls {Describe(parts[0])}");
        switch (PickleGlobals.StandingOf(name))
        {
            case GlobalStanding.Storage:
                PushContainer(Rebuild(name, arguments.Items));
                return;
            case GlobalStanding.Harmless:
                PushContainer(Harmless(name, arguments.Items));
                return;
            case GlobalStanding.Foreign when !PickleGlobals.IsClass(name) && !allowsInert:
                throw input.Bad($"calls {Quote.Name(name.ToString())}, which no model needs: refused. Nothing in the file was run");
            default:
                Note(name, "calls");
                PushContainer(new InertObject(name));
                return;
        }
    }

    private void Build(object? state)
    {
        switch (Top())
        {
            case PickleDict:
                return; // Attributes of an OrderedDict, as state dicts carry them (_metadata): nothing of use.
            case InertObject target:
                foreach (object? part in state is PickleTuple { Items.Length: 2 } pair ? pair.Items : [state])
                {
                    foreach ((object? key, object? value) in (part as PickleDict)?.Items ?? [])
                        target.State.Set(key, value);
                }

                return;
            case var other:
                throw input.Bad($"sets the state of {Describe(other)}");
        }
    }

    private object Harmless(GlobalName name, ImmutableArray<object?> arguments)
    {
        switch (name.Name)
        {
            case "set" or "frozenset":
                if (arguments is not ([] or [PickleList]))
                    throw input.Bad("makes a set of something else than a list");
                var set = new PickleSet();
                if (arguments is [PickleList list])
                    set.Items.AddRange(list.Items);
                return set;
            case "defaultdict":
                return new PickleDict();
            case "encode":
                return arguments is [string text, ..] ? Encoding.Latin1.GetBytes(text) : throw input.Bad("encodes something that is no text");
            default:
                return new InertObject(name);
        }
    }

    private object Rebuild(GlobalName name, ImmutableArray<object?> arguments)
    {
        switch (name.Name)
        {
            case "OrderedDict":
                return OrderedDictOf(arguments);
            case "Size" when arguments is [PickleTuple or PickleList]:
                return arguments[0]!;
            case "_rebuild_tensor" when arguments.Length == 4:
            case "_rebuild_tensor_v2" when arguments.Length is 6 or 7:
                return Tensor(arguments, null);
            case "_rebuild_tensor_v3" when arguments.Length is 7 or 8:
                return Tensor(arguments, arguments[6]);
            case "_rebuild_parameter" when arguments is [TensorReference parameter, _, _]:
                return parameter;
            case "_rebuild_parameter_with_state" when arguments is [TensorReference parameter, _, _, _]:
                return parameter;
            case "_rebuild_from_type_v2" when arguments is [GlobalName inner, GlobalName, PickleTuple values, _]
                && inner.Name is "_rebuild_tensor_v2" or "_rebuild_parameter" && PickleGlobals.StandingOf(inner) == GlobalStanding.Storage:
                return Rebuild(inner, values.Items);
            default:
                throw input.Bad($"calls {Quote.Name(name.ToString())} with {arguments.Length} values that do not fit it");
        }
    }

    private PickleDict OrderedDictOf(ImmutableArray<object?> arguments)
    {
        var dictionary = new PickleDict();
        if (arguments.IsEmpty)
            return dictionary;
        if (arguments is not [PickleList pairs])
            throw input.Bad("makes a dictionary of something else than a list of pairs");
        foreach (object? pair in pairs.Items)
        {
            ImmutableArray<object?> items = ItemsOf(pair) is { Length: 2 } two ? two : throw input.Bad("makes a dictionary of something else than a list of pairs");
            if (items[0] is PickleDict or PickleList or PickleSet)
                throw input.Bad($"uses {Describe(items[0])} as a key");
            dictionary.Set(items[0], items[1]);
        }

        return dictionary;
    }

    private static ImmutableArray<object?> ItemsOf(object? value) => value switch
    {
        PickleTuple tuple => tuple.Items,
        PickleList list => [.. list.Items],
        _ => [],
    };

    private TensorReference Tensor(ImmutableArray<object?> arguments, object? elementType)
    {
        if (arguments[0] is not StorageReference storage)
            throw input.Bad($"makes a tensor of {Describe(arguments[0])}, expected a storage");
        WeightType? type = elementType is GlobalName name ? PickleGlobals.ElementType(name) : storage.Type;
        if (type is not { } known || (storage.Type is { } stored && stored != known))
            throw input.Bad("makes a tensor without a usable element type");
        long offset = arguments[1] is long first and >= 0 ? first : throw input.Bad("makes a tensor whose offset is no number from 0 on");
        ImmutableArray<long> shape = Integers(arguments[2], "shape"), strides = Integers(arguments[3], "strides");
        if (shape.Length != strides.Length)
            throw input.Bad($"makes a tensor of {shape.Length} dimensions with {strides.Length} strides");
        return new TensorReference(storage, known, offset, shape, strides);
    }

    private ImmutableArray<long> Integers(object? value, string what)
    {
        if (value is not (PickleTuple or PickleList))
            throw input.Bad($"makes a tensor whose {what} are {Describe(value)}");
        ImmutableArray<object?> items = ItemsOf(value);
        if (items.Length > LargestRank)
            throw input.Bad($"makes a tensor of {items.Length} dimensions; at most {LargestRank} are read");
        return [.. items.Select(item => item is long number and >= 0 ? number : throw input.Bad($"makes a tensor whose {what} hold {Describe(item)} below 0 or no integer"))];
    }
}
