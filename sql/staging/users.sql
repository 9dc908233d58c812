-- grain: one user of imported data; none of data in the Cup's format, whose ids are all that there is
-- key: user_id
-- units: original_id is the id in the file that was imported, as a text
-- nulls: name where the import was given none
{{ names_of(source('users') if has_source('users') else none, 'user_id') }}

select * from final
