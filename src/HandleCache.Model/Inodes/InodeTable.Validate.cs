namespace HandleCache.Model.Inodes;

/// <summary>Walks everything and recounts every counter.</summary>
public sealed partial class InodeTable
{
    /// <summary>
    /// What is broken, if anything. Costs a walk over all records and index entries.
    /// </summary>
    public IReadOnlyList<ValidationError> Validate()
    {
        var errors = new ValidationErrors();
        _records.Validate(errors);
        _byNodeId.Validate("nodeid-index", _records.IsLive, errors);
        errors.Equal("nodeid-index-count", _byNodeId.Count, _records.Live);
        ValidateRecords(errors);
        foreach (ValidationError error in _spill.Validate())
            errors.Add(error.Counter, error.Counted, error.Recorded);
        return errors.All;
    }

    private void ValidateRecords(ValidationErrors errors)
    {
        int spilled = 0;
        int wide = 0;
        int withHandle = 0;
        bool readable = true;
        for (InodeIndex i = Next(InodeIndex.None); !i.IsNone; i = Next(i))
        {
            InodeRecord at = At(i);
            wide += at.Has(InodeState.WideLookup) && _wideLookups.ContainsKey(i.Value) ? 1 : 0;
            withHandle += _slot.IsNone(at) ? 0 : 1;
            if (!at.Has(InodeState.HandleSpilled))
                continue;
            spilled++;
            int length = _slot.Length(at);
            if (_spill.TryRead(HandleSlot.Reference(at), length, out _))
                continue;
            readable = false;
            errors.Add("spill-dead-reference", i.Value, length);
        }

        errors.Equal("wide-lookups", wide, _wideLookups.Count);
        errors.Equal("spilled-handles", spilled, _spill.Outstanding);
        if (_byHandle is not null)
        {
            errors.Equal("handle-index-count", _byHandle.Count, withHandle);
            if (readable)
                _byHandle.Validate("handle-index", _records.IsLive, errors);
        }
    }
}
