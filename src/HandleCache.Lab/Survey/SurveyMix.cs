using System.Globalization;
using HandleCache.Model;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;

namespace HandleCache.Lab.Survey;

/// <summary>A survey as a mix of handles, which `sweep --handles` takes.</summary>
public static class SurveyMix
{
    /// <summary>
    /// The shares of all objects that have a handle; the others are told in the origin.
    /// </summary>
    /// <exception cref="BadInputException">No object has a handle.</exception>
    public static HandleMix Of(SurveyRequest request, SurveyResult result, string name)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(result);
        long with = result.Lengths.Sum(row => row.Count);
        if (with == 0)
            throw new BadInputException("no object of the survey has a handle: nothing to save");
        return new HandleMix
        {
            Name = name,
            How = ProfileSource.Measured,
            Origin = string.Create(
                CultureInfo.InvariantCulture,
                $"handlecache survey {string.Join(' ', request.Paths)} on Linux "
                + $"{result.KernelRelease}: {with} of {result.Objects} objects have a handle"),
            Objects = with,
            Lengths = SharesOf(result.Lengths),
            Connectable = SharesOf(result.Connectable),
        };
    }

    /// <summary>Writes the mix of a survey; the file's name, without ending, is its name.</summary>
    /// <exception cref="BadInputException">Not writable, or no object has a handle.</exception>
    public static void Save(SurveyRequest request, SurveyResult result, string path)
    {
        HandleMix mix = Of(request, result, Path.GetFileNameWithoutExtension(path));
        try
        {
            File.WriteAllBytes(path, HandleMixJson.Write(mix));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: {e.Message}", e);
        }
    }

    private static List<HandleShare> SharesOf(IReadOnlyList<SurveyLength> rows)
    {
        double all = rows.Sum(row => row.Count);
        return [.. rows.Where(row => row.Bytes <= HandleStrategy.MaxHandleBytes)
            .Select(row => new HandleShare(row.Type, row.Bytes, row.Count / all))];
    }
}
