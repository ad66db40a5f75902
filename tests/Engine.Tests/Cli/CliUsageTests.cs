using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Cli;

/// <summary>Every wrong command line: one clear line, exit code 2.</summary>
public sealed class CliUsageTests
{
    [Theory]
    [InlineData("frobnicate", "There is no command 'frobnicate'")]
    [InlineData("generate", "There is no prompt")]
    [InlineData("generate|", "The prompt is empty")]
    [InlineData("generate|   ", "The prompt is empty")]
    [InlineData("generate|-p|", "The prompt is empty")]
    [InlineData("generate|a|red|ball", "put it in quotes, \"a red ball\"")]
    [InlineData("generate|a|-p|b", "Give the prompt once")]
    [InlineData("generate|--frobnicate", "There is no option '--frobnicate'")]
    [InlineData("generate|x|--frobnicate|3", "There is no option '--frobnicate'")]
    [InlineData("generate|x|-Z", "There is no option '-Z'")]
    [InlineData("generate|x|--preview|4", "--preview is '4'")]
    [InlineData("generate|x|--prevew|proj", "There is no option '--prevew'")]
    [InlineData("generate|x|--preview-interval|0", "--preview-interval is 0")]
    [InlineData("generate|x|--lora|a.pt:much", "'much' is no scale")]
    [InlineData("generate|x|--seed", "--seed")]
    [InlineData("generate|x|--seed|abc", "--seed is 'abc'; it must be a whole number")]
    [InlineData("generate|x|--seed|99999999999999999999", "--seed is '99999999999999999999'")]
    [InlineData("generate|x|--steps|1.5", "--steps is '1.5'")]
    [InlineData("generate|x|--steps|0", "--steps is 0; it must be between 1 and")]
    [InlineData("generate|x|--steps|9999", "--steps is 9999")]
    [InlineData("generate|x|--frames|0", "--frames is 0; it must be between 1 and")]
    [InlineData("generate|x|--frames|-3", "--frames is -3")]
    [InlineData("generate|x|--frames|1000000", "--frames is 1000000")]
    [InlineData("generate|x|--num-frames|0", "--frames is 0")]
    [InlineData("generate|x|--video-frames|0", "--frames is 0")]
    [InlineData("generate|x|--fps|0", "--fps is 0")]
    [InlineData("generate|x|-W|65", "--width is 65; for nano-student it must be a multiple of 32, such as 64 or 96")]
    [InlineData("generate|x|-H|8", "--height is 8; for nano-student it must be a multiple of 32")]
    [InlineData("generate|x|--width|-64", "--width is -64")]
    [InlineData("generate|x|-W|1000000", "--width is 1000000")]
    [InlineData("generate|x|--guidance-scale|nan", "--guidance-scale is 'nan'")]
    [InlineData("generate|x|--cfg-scale|-1", "--guidance-scale is -1")]
    [InlineData("generate|x|--guidance-scale|1e9", "--guidance-scale is 1000000000")]
    [InlineData("generate|x|-n|blurry", "--negative-prompt cannot be used")]
    [InlineData("generate|x|--model|config:hummingbird-0.7b", "add --random-weights SEED")]
    [InlineData("generate|x|--random-weights|1", "--model config:hummingbird-0.7b")]
    [InlineData("generate|x|--random-weights|1|--model|config:hummingbird-0.7b|-W|500", "--width is 500; for config:hummingbird-0.7b it must be a multiple of 64")]
    [InlineData("generate|x|--scheduler|euler", "--scheduler is 'euler'; it must be lcm or ddim")]
    [InlineData("generate|x|--precision|int8", "--precision is 'int8'")]
    [InlineData("generate|x|--precision|fp16|--device|reference", "--device reference computes in fp32")]
    [InlineData("generate|x|--max-memory|0", "--max-memory is 0")]
    [InlineData("generate|x|--max-memory|lots", "--max-memory is 'lots'")]
    [InlineData("generate|x|--count|0", "--count is 0")]
    [InlineData("generate|x|--count|2|--load-noise|n.safetensors", "--count with --load-noise")]
    [InlineData("generate|x|-o|out.avi", "the extension '.avi' is not known")]
    [InlineData("generate|x|-o|", "The output path is empty")]
    [InlineData("compare|a.safetensors", "'B' missing")]
    [InlineData("compare|a|b|--tolerance|much", "--tolerance is 'much'")]
    [InlineData("compare|a|b|--tolerance|-1", "--tolerance is -1")]
    [InlineData("inspect", "missing")]
    [InlineData("inspect|a|b", "b")]
    [InlineData("bench|model|--device|reference", "the reference has no kernels")]
    [InlineData("bench|model|--slowdown|0.5", "--slowdown is 0.5")]
    [InlineData("bench|model|--calls|0", "--calls is 0")]
    [InlineData("bench|model|--estimate|gfx906", "--estimate is 'gfx906'; it must be gfx1151 or phoenix or rembrandt")]
    [InlineData("bench|model|--estimate|phoenix|--steps|0", "--steps is 0; it must be 1 to 1000")]
    [InlineData("bench|rdna|--frobnicate", "`hummingbird bench rdna --help`")]
    [InlineData("bench|rdna|--filter|conv|--update-budget", "--filter leaves variants out")]
    [InlineData("devices|--frobnicate", "There is no option '--frobnicate'")]
    [InlineData("doctor|--filter|no such kernel", "No case has 'no such kernel' in its id")]
    [InlineData("doctor|--case|nonsense", "No case has the id 'nonsense'")]
    [InlineData("doctor|--compare|magic", "--compare is 'magic'")]
    [InlineData("doctor|--device|reference", "would compare it with itself")]
    public void Wrong_usage_is_one_line_and_exit_code_2(string commandLine, string expected)
        => CliRun.Of(commandLine.Split('|')).AssertRefused(2, expected);

    [Fact]
    public void A_prompt_file_without_prompts_is_refused()
        => CliRun.WithInput("\n  \n", "generate", "--prompt-file", "-").AssertRefused(2, "holds no prompt");

    [Fact]
    public void Two_videos_of_one_name_are_refused()
        => CliRun.WithInput("a\nb\n", "generate", "--prompt-file", "-", "--seed", "1", "-o", "{seed}.mp4", "--device", "reference")
            .AssertRefused(2, "put {index} into the name");

    [Theory]
    [InlineData("generate", "--negative-prompt")]
    [InlineData("devices", "--explain")]
    [InlineData("doctor", "--compare")]
    [InlineData("compare", "--tolerance")]
    [InlineData("inspect", "--tensors")]
    public void Help_names_the_options_and_ends_in_examples(string verb, string option)
    {
        CliRun run = CliRun.Of(verb, "--help");
        run.AssertDone();
        Assert.Contains(option, run.Out, StringComparison.Ordinal);
        Assert.Contains($"hummingbird {verb} ", run.Out[run.Out.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public void Alone_it_shows_the_commands()
    {
        CliRun run = CliRun.Of();
        run.AssertDone();
        Assert.All(["generate", "devices", "doctor", "compare", "inspect"], verb => Assert.Contains(verb, run.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void The_version_is_the_engines()
    {
        CliRun run = CliRun.Of("--version");
        run.AssertDone();
        Assert.StartsWith(typeof(Engine.Graph.ComputeGraph).Assembly.GetName().Version!.ToString(3), run.Out, StringComparison.Ordinal);
    }
}
