package tenant

import (
	"context"

	"rolecall.example/org"
)

// MemberCounts returns how many members each organization has, by name, for the first limit organizations.
// It is for the metrics, so no right is checked.
func (s *Service) MemberCounts(ctx context.Context, limit int) (_ map[string]int64, err error) {
	defer org.Wrap(&err, "count members by organization")
	rows, err := s.units.DB.ListOrganizations(ctx, int64(limit))
	counts := make(map[string]int64, len(rows))
	for _, row := range rows {
		counts[row.Name] = row.MemberCount
	}
	return counts, err
}
