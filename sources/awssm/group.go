package awssm

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/aside-cli/aside/sources/internal/group"
)

// group returns the types that the secret was set for together, sorted: none
// where it was set for one scope alone, or was removed.
func (t target) group() []string {
	if t.removed() {
		return nil
	}
	for _, tag := range t.there.Tags {
		if aws.ToString(tag.Key) == group.Tag {
			return group.FromTag(aws.ToString(tag.Value))
		}
	}
	return nil
}

// groupTag names the types of a group, in a tag that every secret of it has.
func groupTag(together []string) types.Tag { return tag(group.Tag, group.TagValue(together)) }
