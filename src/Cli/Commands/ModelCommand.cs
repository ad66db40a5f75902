using System.CommandLine;
using Hummingbird.Vulkan.Engine.Hub;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>model pull|list|show|verify|rm</c>: published repositories in the cache all programs of the Hub share.</summary>
internal static class ModelCommand
{
    public static Command Create(Terminal terminal)
    {
        CommandWithExamples command = new(
            "model",
            "Fetch published repositories from the Hugging Face Hub, and look after those fetched. HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE are honoured.",
            "hummingbird model pull amd/AMD-Hummingbird-T2V 07B_merged_all.pt",
            "hummingbird convert amd/AMD-Hummingbird-T2V/07B_merged_all.pt -o my-model --dtype fp16",
            "hummingbird model list")
        {
            Pull(terminal), List(terminal), Show(terminal), Verify(terminal), Remove(terminal),
        };
        return command;
    }

    private static Argument<string> Repository() => new("OWNER/REPO") { Description = "A repository of the Hub." };

    private static CommandWithExamples Pull(Terminal terminal)
    {
        Argument<string> repository = Repository();
        Argument<string[]> files = new("FILE") { Description = "Which files; * and ? stand for any characters. Default: all.", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> revision = new("--revision") { Description = "A branch, a tag or a commit. Default: main.", HelpName = "NAME" };
        Option<bool> dryRun = Options.Flag("--dry-run", "Say what would be fetched, and fetch nothing.");
        CommandWithExamples command = new(
            "pull",
            "Fetch a repository, or some files of it. A fetch that was cut goes on where it stopped; every file's hash is checked.",
            "hummingbird model pull amd/AMD-Hummingbird-T2V 07B_merged_all.pt",
            "hummingbird model pull VideoCrafter/VideoCrafter2 --dry-run")
        {
            repository, files, revision, dryRun,
        };
        command.SetAction(parsed =>
        {
            PullRequest request = new(
                Name(parsed.GetRequiredValue(repository)), parsed.GetValue(revision) ?? "main", parsed.GetValue(files), parsed.GetValue(dryRun));
            Pull(request, terminal);
        });
        return command;
    }

    private static void Pull(PullRequest request, Terminal terminal)
    {
        using Interrupt interrupt = new(() => terminal.Say("stopping; what was fetched is kept."));
        using HubPull pull = new(HubSettings.FromEnvironment(), terminal.Say);
        PullReport report = pull.Run(request, new FetchProgress(terminal), interrupt.Token);
        foreach (HubFile file in report.Files)
        {
            terminal.Out.WriteLine($"{Figures.Bytes(file.Size),10}  {file.Hash}  {Terminal.Printable(file.Path)}");
        }

        terminal.Out.WriteLine(request.IsDryRun
            ? $"{request.Repository} at {report.Commit}: {report.Files.Count} files, {Figures.Bytes(report.Files.Sum(f => f.Size))}, {Figures.Bytes(report.BytesFetched)} still to be fetched; dry run, nothing was."
            : $"{request.Repository} at {report.Commit}: {report.Files.Count} files, {Figures.Bytes(report.BytesFetched)} fetched, in {report.Snapshot}");
    }

    private static CommandWithExamples List(Terminal terminal)
    {
        CommandWithExamples command = new("list", "Show the repositories in the cache.", "hummingbird model list");
        command.SetAction(_ =>
        {
            HubCache cache = Cache();
            IReadOnlyList<CachedRepository> found = cache.List();
            foreach (CachedRepository repository in found)
            {
                string kind = repository.Snapshots.Any(s => s.IsModelFolder) ? "model folder" : "files";
                terminal.Out.WriteLine($"{Figures.Bytes(repository.Bytes),10}  {kind,-12}  {repository.Name}");
            }

            terminal.Out.WriteLine($"{found.Count} repositories, {Figures.Bytes(found.Sum(r => r.Bytes))}, in {cache.Folder}");
        });
        return command;
    }

    private static CommandWithExamples Show(Terminal terminal)
    {
        Argument<string> repository = Repository();
        CommandWithExamples command = new("show", "Show the revisions and files of a repository in the cache.", "hummingbird model show amd/AMD-Hummingbird-T2V") { repository };
        command.SetAction(parsed =>
        {
            CachedRepository found = Found(Name(parsed.GetRequiredValue(repository)));
            terminal.Out.WriteLine($"{found.Name}: {Figures.Bytes(found.Bytes)}, in {found.Folder}");
            foreach (CachedSnapshot snapshot in found.Snapshots)
            {
                terminal.Out.WriteLine();
                terminal.Out.WriteLine($"{snapshot.Commit}{(snapshot.Refs.Count == 0 ? "" : $" ({Terminal.Printable(string.Join(", ", snapshot.Refs))})")}");
                foreach (CachedFile file in snapshot.Files)
                {
                    terminal.Out.WriteLine($"{Figures.Bytes(file.Size),10}  {file.Blob ?? "no link",-64}  {Terminal.Printable(file.Path)}");
                }

                if (snapshot.IsModelFolder)
                {
                    ShowModel(snapshot, terminal.Out);
                }
            }
        });
        return command;
    }

    private static void ShowModel(CachedSnapshot snapshot, TextWriter output)
    {
        try
        {
            using ModelFolder model = ModelFolder.Open(snapshot.Folder);
            ModelSummary summary = ModelSummary.Of(model);
            output.WriteLine($"a model folder: {summary.Family}, {Figures.Count(summary.Parameters)} parameters, {Figures.Bytes(summary.Bytes)}");
        }
        catch (WeightException e)
        {
            output.WriteLine($"a model folder that cannot be used: {Terminal.Printable(e.Message)}");
        }
    }

    private static CommandWithExamples Verify(Terminal terminal)
    {
        Argument<string> repository = Repository();
        CommandWithExamples command = new("verify", "Read every file of a repository in the cache and compare its hash; exit code 1 when one is damaged.", "hummingbird model verify amd/AMD-Hummingbird-T2V") { repository };
        command.SetAction(parsed =>
        {
            using Interrupt interrupt = new(() => terminal.Say("stopping."));
            CachedRepository found = Found(Name(parsed.GetRequiredValue(repository)));
            BlobProblem[] problems = [.. Cache().Verify(found.Name, interrupt.Token)];
            foreach (BlobProblem problem in problems)
            {
                terminal.Out.WriteLine($"{Terminal.Printable(problem.Blob)} {problem.Problem}");
            }

            terminal.Out.WriteLine($"{found.Name}: {Figures.Bytes(found.Bytes)} read, {(problems.Length == 0 ? "every hash is right" : $"{problems.Length} files are not what they should be")}");
            return problems.Length == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static CommandWithExamples Remove(Terminal terminal)
    {
        Argument<string> repository = Repository();
        CommandWithExamples command = new("rm", "Remove a repository from the cache.", "hummingbird model rm amd/AMD-Hummingbird-T2V") { repository };
        command.SetAction(parsed =>
        {
            RepositoryName name = Name(parsed.GetRequiredValue(repository));
            long freed = Cache().Remove(name);
            terminal.Out.WriteLine($"{name}: removed, {Figures.Bytes(freed)} freed");
        });
        return command;
    }

    private static RepositoryName Name(string text) => RepositoryName.TryParse(text, out RepositoryName? name) ? name.Value
        : throw new UsageException($"'{text}' is no repository; it must be OWNER/REPO, such as amd/AMD-Hummingbird-T2V.");

    private static HubCache Cache() => new(HubSettings.FromEnvironment().Cache);

    private static CachedRepository Found(RepositoryName name) => Cache().Find(name)
        ?? throw new HubException($"{name} is not in {Cache().Folder}; `hummingbird model list` shows what is.");

    private sealed class FetchProgress(Terminal terminal) : IProgress<PullProgress>
    {
        private readonly ByteProgress line = new(terminal);

        public void Report(PullProgress value) => line.Report("fetching", value.BytesDone, value.BytesTotal);
    }
}
