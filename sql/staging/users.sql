-- grain: one imported user; empty for data in the Cup's format, where the ids are numbers already
-- key: user_id
-- units: original_id is the id in the imported file, as text
-- nulls: name where the import has no names
-- incremental: by user_id
{{ read_names(source('users') if has_source('users') else none, 'user_id') }}

select * from final
