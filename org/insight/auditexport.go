package insight

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// exportFormat is the version of the file's form.
const exportFormat = 1

// maxExportLine bounds a line of a file: an entry has values of any length, a request has not.
const maxExportLine = 16 << 20

// ExportAudit writes the entries from before a time to a file, chain by chain from its beginning, with the hashes that prove
// them. It is for the operator, so no right is checked.
func (s *Service) ExportAudit(ctx context.Context, before time.Time, out io.Writer) (e org.AuditExport, err error) {
	defer org.Wrap(&err, "export audit trail")
	err = s.units.DB.View(ctx, func(q db.Reads) error {
		w := exporter{ctx: ctx, q: q, lines: json.NewEncoder(out), before: before.UTC()}
		w.proof.Before = w.before
		err := w.run()
		e = w.proof.AuditExport
		return err
	})
	return e, err
}

// exporter writes one file. It reads the trail a chunk at a time within one snapshot, so neither the length of a trail nor
// entries that come meanwhile matter to it.
type exporter struct {
	ctx    context.Context //nolint:containedctx // one export, begun and ended in one call
	q      db.Reads
	lines  *json.Encoder
	before time.Time
	proof  exportProof
}

// run writes the head, the entries and the end. First come the entries from before there were chains, which one hash over
// all seals; then the chain of the site, and that of each organization.
func (w *exporter) run() error {
	seal, err := w.q.GetAuditSeal(w.ctx)
	if err != nil {
		return err
	}
	w.proof.begin(seal.Hash)
	if err := w.lines.Encode(org.AuditLine{Line: "head", Format: exportFormat, Before: w.before, Seal: seal.Hash}); err != nil {
		return err
	}
	if err := w.pieces(func(after int64) ([]db.AuditLog, error) {
		return w.q.ListSealedTrail(w.ctx, db.ListSealedTrailParams{AfterSeq: after, MaxRows: unit.ChunkSize})
	}, func(r db.AuditLog) int64 { return r.Seq }); err != nil {
		return err
	}
	for chain, site := uuid.Nil, true; ; site = false {
		var chains []uuid.UUID
		if site { // it comes first, and is in no list of organizations
			chains = []uuid.UUID{uuid.Nil}
		} else {
			heads, err := w.q.ListRevisions(w.ctx, db.ListRevisionsParams{AfterID: chain, MaxRows: unit.ChunkSize})
			if err != nil {
				return err
			}
			for _, h := range heads {
				chains = append(chains, h.OrganizationID)
			}
		}
		for _, of := range chains {
			chain = of
			if err := w.pieces(func(after int64) ([]db.AuditLog, error) {
				return w.q.ListAuditChain(w.ctx, db.ListAuditChainParams{Chain: of, AfterSeq: after, MaxRows: unit.ChunkSize})
			}, func(r db.AuditLog) int64 { return r.ChainSeq }); err != nil {
				return err
			}
		}
		if len(chains) == 0 {
			break
		}
	}
	return w.lines.Encode(org.AuditLine{Line: "end", Entries: w.proof.Entries, Root: w.proof.root()})
}

// pieces writes what list gives, up to the first entry that is not from before the time.
func (w *exporter) pieces(list func(after int64) ([]db.AuditLog, error), place func(db.AuditLog) int64) error {
	for after := int64(0); ; {
		rows, err := list(after)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !r.Time.Before(w.before) {
				return nil
			}
			line := lineOf(r)
			// What would not be believed when it is read again is not written as if it were.
			if problem := w.proof.take(&line); problem != "" {
				return fmt.Errorf("the trail is broken: %s: see rolecall audit verify", problem)
			}
			if err := w.lines.Encode(line); err != nil {
				return err
			}
			after = place(r)
		}
		if len(rows) < unit.ChunkSize {
			return nil
		}
	}
}

// lineOf is an entry as the file has it: all that its hash covers.
func lineOf(r db.AuditLog) org.AuditLine {
	return org.AuditLine{
		Line: "entry", Chain: r.Chain, ChainSeq: r.ChainSeq, Seq: r.Seq, ID: r.ID, Time: r.Time.UTC(), RequestID: r.RequestID, IP: r.IP,
		UserAgent: r.UserAgent, ActorID: r.ActorID.UUID, Actor: r.Actor, OrganizationID: r.OrganizationID.UUID, ResourceType: r.ResourceType,
		ResourceID: r.ResourceID, ResourceTarget: r.ResourceTarget, Action: r.Action, StatusCode: r.StatusCode, Changes: r.Changes, Hash: r.Hash,
	}
}

// rowOfLine is an entry of a file as it was stored, which is what its hash was made of.
func rowOfLine(l *org.AuditLine) db.InsertAuditLogParams {
	return db.InsertAuditLogParams{
		ID: l.ID, Time: l.Time, RequestID: l.RequestID, IP: l.IP, UserAgent: l.UserAgent, ActorID: unit.NullID(l.ActorID), Actor: l.Actor,
		OrganizationID: unit.NullID(l.OrganizationID), ResourceType: l.ResourceType, ResourceID: l.ResourceID, ResourceTarget: l.ResourceTarget,
		Action: l.Action, StatusCode: l.StatusCode, Changes: l.Changes, Chain: l.Chain, ChainSeq: l.ChainSeq,
	}
}

// exportProof goes along the entries of a file and holds each to its hash.
type exportProof struct {
	org.AuditExport
	seal   []byte
	sealed bool // the entries from before there were chains are still coming
	chain  uuid.UUID
	seq    int64
	hash   []byte
	seen   map[uuid.UUID]bool
	all    []byte // over the hashes of all entries
}

func (p *exportProof) begin(seal []byte) {
	p.seal, p.sealed, p.seen = seal, true, map[uuid.UUID]bool{}
}

// take takes the next entry in, and tells what is wrong with it.
func (p *exportProof) take(l *org.AuditLine) (problem string) {
	row, want := rowOfLine(l), []byte(nil)
	switch {
	// Each case is the one place where such an entry may stand: chains come whole and one after the other, and what has no
	// chain comes before them all. A file that mixes them could hide an entry between two.
	case l.ChainSeq == 0 && p.sealed && l.Seq == p.seq+1:
		want = unit.SealedHash(p.hash, row)
		p.seq = l.Seq
	case l.ChainSeq == 1 && !p.seen[l.Chain]:
		p.sealed, p.chain, p.seen[l.Chain] = false, l.Chain, true
		p.Chains++
		want, p.seq = unit.EntryHash(p.seal, row), 1
	case l.ChainSeq > 1 && l.Chain == p.chain && !p.sealed && l.ChainSeq == p.seq+1:
		want, p.seq = unit.EntryHash(p.hash, row), l.ChainSeq
	default:
		return fmt.Sprintf("entry %d (%s) does not follow the one before it", l.Seq, l.ID)
	}
	if !bytes.Equal(want, l.Hash) {
		return fmt.Sprintf("entry %d (%s) was changed, or the one before it was", l.Seq, l.ID)
	}
	if !l.Time.Before(p.Before) {
		return fmt.Sprintf("entry %d (%s) is from a later time", l.Seq, l.ID)
	}
	p.hash, p.all = l.Hash, org.HashOf("rolecall audit export 1", string(p.all), string(l.Hash))
	p.Entries++
	return ""
}

// root is the name of all that was taken in: two files with the same root have the same entries.
func (p *exportProof) root() string {
	p.Root = unit.RootName(p.all)
	return p.Root
}

// VerifyExport reads a file that ExportAudit wrote and finds where it was changed. It needs no database: with the root that the
// export printed, kept elsewhere, a file that was written anew as a whole is found too.
func VerifyExport(in io.Reader, root string) (e org.AuditExport, problem string, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxExportLine)
	var p exportProof
	for n := 1; lines.Scan(); n++ {
		var l org.AuditLine
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&l); err != nil {
			return p.AuditExport, fmt.Sprintf("line %d: %v", n, err), nil
		}
		switch {
		case n == 1 && l.Line == "head" && l.Format == exportFormat:
			p.Before = l.Before
			p.begin(l.Seal)
		case n == 1:
			return p.AuditExport, "this is no export of an audit trail, or one of a newer version", nil
		case p.Root != "":
			return p.AuditExport, fmt.Sprintf("line %d: something follows the end", n), nil
		case l.Line == "entry":
			if problem := p.take(&l); problem != "" {
				return p.AuditExport, fmt.Sprintf("line %d: %s", n, problem), nil
			}
		case l.Line == "end" && l.Entries == p.Entries && l.Root == p.root():
		default:
			return p.AuditExport, fmt.Sprintf("line %d: the end does not fit what is before it", n), nil
		}
	}
	switch {
	case lines.Err() != nil:
		return p.AuditExport, "", lines.Err()
	case p.Root == "":
		return p.AuditExport, "the end is missing", nil
	case root != "" && root != p.Root:
		return p.AuditExport, "its root is " + p.Root, nil
	}
	return p.AuditExport, "", nil
}
