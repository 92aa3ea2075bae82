using HandleCache.Lab.Guests;
using Xunit;

namespace HandleCache.Lab.Tests.Guests;

/// <summary>Programs of a folder run with the loader and the C library of that folder.</summary>
public sealed class ForeignToolsTests
{
    private const string Loader = "/lib64/ld-linux-x86-64.so.2";
    private const string Libraries = "/lib/x86_64-linux-gnu";

    [Fact]
    public void A_program_is_given_to_the_loader_of_its_folder_and_what_is_none_stays()
    {
        Assert.SkipUnless(
            File.Exists(Loader) && Directory.Exists(Libraries), "no C library of Debian's here");
        string folder = Directory.CreateTempSubdirectory("handlecache-tools-").FullName;
        try
        {
            string kbuild = Path.Combine(folder, "usr/lib/linux-kbuild-7.3");
            string script = Path.Combine(kbuild, "mk.sh");
            string program = Path.Combine(kbuild, "echo");
            Directory.CreateDirectory(kbuild);
            File.WriteAllText(script, "#!/bin/sh\n");
            File.Copy("/bin/echo", program);
            Assert.False(ForeignTools.AreIn(folder));
            Directory.CreateDirectory(Path.Combine(folder, "usr/lib64"));
            Directory.CreateSymbolicLink(
                Path.Combine(folder, "usr/lib/x86_64-linux-gnu"), Libraries);
            string loader = Path.Combine(folder, "usr/lib64", Path.GetFileName(Loader));
            File.Copy(Loader, loader);
            Assert.True(ForeignTools.AreIn(folder));

            ForeignTools.Wrap(folder);
            Assert.Equal("#!/bin/sh\n", File.ReadAllText(script));
            Assert.Equal(
                "a  b\n",
                Tool.Run(
                    program, ["a  b"], TestContext.Current.CancellationToken,
                    environment: ForeignTools.Environment(folder)).Output);

            // Without that loader there is nothing else that it could run with.
            File.Delete(loader);
            Assert.NotEqual(
                0,
                Tool.Run(
                    program, ["a"], TestContext.Current.CancellationToken,
                    environment: ForeignTools.Environment(folder)).ExitCode);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
