CREATE INDEX desk_cases_opened ON desk_cases (opened, case_number) WHERE merged = 0;
DROP INDEX desk_cases_kana;
CREATE INDEX desk_cases_kana ON desk_cases (sort_key, case_number) WHERE merged = 0;
