(** What the theorems rest on: no axiom. *)
From Longhand Require Import Main.
Check longhand_correct.
Print Assumptions longhand_correct.
Print Assumptions one_expression.
Print Assumptions accepted_texts.
Print Assumptions halt_is_final.
Print Assumptions decimal_is_value.
