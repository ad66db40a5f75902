using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.WeightsConverter.Pickle;

/// <summary>Reads a pickle as data: an explicit stack, a list of allowed instructions, a cap on everything.</summary>
/// <remarks>No name in the pickle is imported or called. What it may hold is said at <see cref="PickleGlobals"/>. Whether objects of
/// foreign classes are allowed is known only when the root is: <see cref="FirstForeignCall"/> holds the first such call until then.
/// Instructions of protocols 0 to 4 as torch.save has written them; source: Python's pickletools.</remarks>
internal sealed partial class PickleReader
{
    public const long LargestPickle = 64 << 20;
    private const int MostInstructions = 5_000_000, MostMemo = 1_000_000, MostStack = 1_000_000, MostContainers = 1_000_000;
    private const int DeepestMarks = 1000, LongestText = 1 << 20, LongestInteger = 255;
    private const long MostText = 32 << 20;
    private static readonly object[] SmallIntegers = [.. Enumerable.Range(0, 1025).Select(i => (object)(long)i)];

    private readonly PickleInput input;
    private readonly Func<PickleTuple, object?> persistent;
    private readonly bool allowsInert;
    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<long, object?> memo = [];
    private int containers;
    private long textBytes;

    /// <param name="input">The pickle.</param>
    /// <param name="persistent">What a persistent id stands for.</param>
    /// <param name="allowsInert">Whether calls of foreign functions make inert objects.</param>
    public PickleReader(PickleInput input, Func<PickleTuple, object?> persistent, bool allowsInert)
    {
        (this.input, this.persistent, this.allowsInert) = (input, persistent, allowsInert);
    }

    /// <summary>The first call that only a whole pickled module may make; null when there was none.</summary>
    public string? FirstForeignCall { get; private set; }

    /// <summary>Runs to STOP.</summary>
    /// <param name="atEnd">Whether nothing may follow.</param>
    /// <exception cref="WeightException">The pickle holds something it may not, or is damaged.</exception>
    public object? Read(bool atEnd)
    {
        for (int i = 0; i < MostInstructions; i++)
        {
            byte code = input.Byte();
            if (code == (byte)'.')
            {
                object? root = Pop();
                if (atEnd && !input.AtEnd)
                    throw input.Bad("goes on behind its end");
                return stack.Count == 0 && marks.Count == 0 ? root : throw input.Bad($"leaves {stack.Count} values behind");
            }

            if (!ReadValue(code) && !ReadText(code) && !ReadContainer(code) && !ReadMemo(code) && !ReadObject(code))
                throw input.Bad($"holds the instruction 0x{code:x2}, which no checkpoint needs: refused");
        }

        throw input.Bad($"has more than {MostInstructions} instructions");
    }

    private bool ReadValue(byte code)
    {
        switch (code)
        {
            case 0x80: CheckProtocol(input.Byte()); return true;
            case 0x95: input.U64(); return true;
            case (byte)'N': Push(null); return true;
            case 0x88: Push(true); return true;
            case 0x89: Push(false); return true;
            case (byte)'K': PushInteger(input.Byte()); return true;
            case (byte)'M': PushInteger(input.U16()); return true;
            case (byte)'J': PushInteger(input.I32()); return true;
            case (byte)'I': ReadIntegerLine(); return true;
            case (byte)'L': PushBig(ParseInteger(input.Line().TrimEnd('L'))); return true;
            case 0x8a: PushBig(new BigInteger(input.Take(input.Byte()))); return true;
            case (byte)'G': Push(input.F64()); return true;
            case (byte)'F': Push(ParseFloat(input.Line())); return true;
            default: return false;
        }
    }

    private bool ReadText(byte code)
    {
        switch (code)
        {
            case 0x8c: PushText(input.Byte()); return true;
            case (byte)'X': PushText(input.U32()); return true;
            case 0x8d: PushText(input.U64()); return true;
            case (byte)'V': Push(input.Line()); return true;
            case (byte)'U': PushText(input.Byte()); return true;
            case (byte)'T': PushText(input.U32()); return true;
            case (byte)'C': PushBytes(input.Byte()); return true;
            case (byte)'B': PushBytes(input.U32()); return true;
            case 0x8e: PushBytes(input.U64()); return true;
            default: return false;
        }
    }

    private bool ReadContainer(byte code)
    {
        switch (code)
        {
            case (byte)'(': PushMark(); return true;
            case (byte)'0': Pop(); return true;
            case (byte)'}': PushContainer(new PickleDict()); return true;
            case (byte)']': PushContainer(new PickleList()); return true;
            case (byte)')': Push(PickleTuple.Empty); return true;
            case 0x8f: PushContainer(new PickleSet()); return true;
            case (byte)'t': PushTuple(PopToMark()); return true;
            case 0x85: PushTuple(PopLast(1)); return true;
            case 0x86: PushTuple(PopLast(2)); return true;
            case 0x87: PushTuple(PopLast(3)); return true;
            case (byte)'l': PushList(PopToMark()); return true;
            case (byte)'d': PushDict(PopToMark()); return true;
            case (byte)'a': Append(PopLast(1)); return true;
            case (byte)'e': Append(PopToMark()); return true;
            case (byte)'s': SetItems(PopLast(2)); return true;
            case (byte)'u': SetItems(PopToMark()); return true;
            case 0x90: AddItems(PopToMark()); return true;
            default: return false;
        }
    }

    private bool ReadMemo(byte code)
    {
        switch (code)
        {
            case (byte)'q': Remember(input.Byte()); return true;
            case (byte)'r': Remember(input.U32()); return true;
            case (byte)'p': Remember(ParseIndex(input.Line())); return true;
            case 0x94: Remember(memo.Count); return true;
            case (byte)'h': Recall(input.Byte()); return true;
            case (byte)'j': Recall(input.U32()); return true;
            case (byte)'g': Recall(ParseIndex(input.Line())); return true;
            default: return false;
        }
    }

    private void CheckProtocol(byte protocol)
    {
        if (protocol > 5)
            throw input.Bad($"is of protocol {protocol}; 0 to 5 are known");
    }

    private void ReadIntegerLine()
    {
        string line = input.Line();
        if (line is "00" or "01")
            Push(line == "01");
        else
            PushBig(ParseInteger(line));
    }

    private BigInteger ParseInteger(string text) =>
        text.Length <= LongestInteger && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger value)
            ? value : throw input.Bad($"holds the integer {Quote.Name(text)}, which is none");

    private double ParseFloat(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
            : throw input.Bad($"holds the number {Quote.Name(text)}, which is none");

    private long ParseIndex(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) ? value
            : throw input.Bad($"holds the memo index {Quote.Name(text)}, which is none");

    private void PushBig(BigInteger value)
    {
        if (value >= long.MinValue && value <= long.MaxValue)
            PushInteger((long)value);
        else
            Push(value);
    }

    private void PushInteger(long value) => Push(value is >= 0 and <= 1024 ? SmallIntegers[value] : value);

    private void PushText(ulong length)
    {
        CheckLength(length);
        Push(input.Text((int)length));
    }

    private void PushBytes(ulong length)
    {
        CheckLength(length);
        Push(input.Take((int)length).ToArray());
    }

    private void CheckLength(ulong length)
    {
        if (length > LongestText)
            throw input.Bad($"holds a text of {length} bytes; at most {LongestText} are read");
        textBytes += (long)length;
        if (textBytes > MostText)
            throw input.Bad($"holds more than {MostText} bytes of text");
    }

    private void PushMark()
    {
        if (marks.Count == DeepestMarks)
            throw input.Bad($"is nested more than {DeepestMarks} deep");
        marks.Add(stack.Count);
    }

    private void Push(object? value)
    {
        if (stack.Count == MostStack)
            throw input.Bad($"stacks more than {MostStack} values");
        stack.Add(value);
    }

    private T PushContainer<T>(T value)
    {
        if (++containers > MostContainers)
            throw input.Bad($"makes more than {MostContainers} objects");
        Push(value);
        return value;
    }

    private void PushTuple(object?[] items) => PushContainer(new PickleTuple(ImmutableCollectionsMarshal.AsImmutableArray(items)));

    private void PushList(object?[] items) => PushContainer(new PickleList()).Items.AddRange(items);

    private void PushDict(object?[] items)
    {
        PushContainer(new PickleDict());
        SetItems(items);
    }

    private object? Pop()
    {
        if (stack.Count == 0 || (marks.Count > 0 && marks[^1] == stack.Count))
            throw input.Bad("takes a value where there is none");
        object? value = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private object?[] PopLast(int count)
    {
        if (stack.Count - (marks.Count > 0 ? marks[^1] : 0) < count)
            throw input.Bad("takes a value where there is none");
        object?[] items = [.. stack[^count..]];
        stack.RemoveRange(stack.Count - count, count);
        return items;
    }

    private object?[] PopToMark()
    {
        if (marks.Count == 0)
            throw input.Bad("ends a group that was never begun");
        int from = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        object?[] items = [.. stack[from..]];
        stack.RemoveRange(from, stack.Count - from);
        return items;
    }

    private object? Top() => stack.Count > (marks.Count > 0 ? marks[^1] : 0) ? stack[^1] : throw input.Bad("takes a value where there is none");

    private void Remember(long index)
    {
        if (memo.Count >= MostMemo)
            throw input.Bad($"remembers more than {MostMemo} values");
        memo[index] = Top();
    }

    private void Recall(long index) =>
        Push(memo.TryGetValue(index, out object? value) ? value : throw input.Bad($"asks for value {index}, which it never remembered"));

    private void Append(object?[] items)
    {
        switch (Top())
        {
            case PickleList list: list.Items.AddRange(items); break;
            case InertObject: break; // A list subclass; its elements are no weights.
            case var other: throw input.Bad($"appends to {Describe(other)}");
        }
    }

    private void AddItems(object?[] items)
    {
        if (Top() is not PickleSet set)
            throw input.Bad($"adds elements to {Describe(Top())}");
        set.Items.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        if (items.Length % 2 != 0)
            throw input.Bad("sets a key without a value");
        object? target = Top();
        if (target is not (PickleDict or InertObject))
            throw input.Bad($"sets items of {Describe(target)}");
        for (int i = 0; i < items.Length; i += 2)
        {
            if (items[i] is PickleDict or PickleList or PickleSet)
                throw input.Bad($"uses {Describe(items[i])} as a key");
            (target as PickleDict)?.Set(items[i], items[i + 1]);
        }
    }

    private static string Describe(object? value) => value switch
    {
        null => "None",
        PickleDict => "a dictionary",
        PickleList => "a list",
        PickleTuple => "a tuple",
        PickleSet => "a set",
        GlobalName name => Quote.Name(name.ToString()),
        InertObject o => $"an object of {Quote.Name(o.Class.ToString())}",
        TensorReference => "a tensor",
        StorageReference => "a storage",
        string => "a text",
        _ => "a number",
    };
}
