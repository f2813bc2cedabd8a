(** The package's validation accepts the texts of expressions, and no others. *)
From Longhand Require Export Unambiguous.

(** What was read last, as far as it decides what may follow: [GrammarState] of the package, and [Bad]. *)
Inductive reading := Value | Divisor | Number | Zeros | Closed | End | Bad.

(** What follows by the number of the symbol read; the blank, number 0, is the end of the text. A test
    compares these lines with the package's [advance]. *)
Definition follows (q : reading) : list reading :=
  let '(V, D, N, Z, C, E, x) := (Value, Divisor, Number, Zeros, Closed, End, Bad) in
  match q with
  (*             0  1  2  3  4  5  6  7  8  9  +  -  /  *  (  )  *)
  | Value   => [x; N; N; N; N; N; N; N; N; N; N; x; V; x; x; V; x]
  | Divisor => [x; Z; N; N; N; N; N; N; N; N; N; x; D; x; x; V; x]
  | Number  => [E; N; N; N; N; N; N; N; N; N; N; V; V; D; V; x; C]
  | Zeros   => [E; Z; N; N; N; N; N; N; N; N; N; V; V; D; V; x; C]
  | Closed  => [E; x; x; x; x; x; x; x; x; x; x; V; V; D; V; x; C]
  | End     => [E; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x; x]
  | Bad     => []
  end.

Definition advance (q : reading) (x : sym) : reading := nth (N.to_nat (number x)) (follows q) Bad.

(** [k] brackets are open. None may be closed that is not open, and none may be open at the end. *)
Fixpoint accepts (q : reading) (k : nat) (text : list sym) : bool :=
  match text with
  | [] => match advance q B with End => (k =? 0)%nat | _ => false end
  | x :: text =>
    match advance q x with
    | Bad => false
    | q' =>
      match x, k with
      | Open, _ => accepts q' (S k) text
      | Close, O => false
      | Close, S k => accepts q' k text
      | _, _ => accepts q' k text
      end
    end
  end.

(** * Zeros are remembered only for the message *)

Lemma zeros_number t : forall k, accepts Zeros k t = accepts Number k t.
Proof. induction t as [|x t IH]; intros k; [reflexivity|]. destruct x as [|[]| | | | | |]; try apply IH; reflexivity. Qed.

Lemma divisor_value t : forall k, accepts Divisor k t = accepts Value k t.
Proof.
  induction t as [|x t IH]; intros k; [reflexivity|].
  destruct x as [|[]| | | | | |]; try apply IH; try apply zeros_number; reflexivity.
Qed.

Lemma number_closed t k : after_f t -> accepts Number k t = accepts Closed k t.
Proof. destruct t as [|[] t]; cbn [after_f]; intros H; try destruct H; reflexivity. Qed.

Lemma accepts_digits ds : forall k r, after_f r -> accepts Number k (map Dig ds ++ r) = accepts Closed k r.
Proof.
  induction ds as [|d ds IH]; intros k r A; [now apply number_closed|].
  rewrite <- (IH k r A). destruct d; reflexivity.
Qed.

(** * The texts of expressions are accepted *)

Lemma accepts_shown :
  (forall f k r, after_f r -> accepts Value k (show_f f ++ r) = accepts Closed k r) /\
  (forall p k r, after_f r -> accepts Value k (show_p p ++ r) = accepts Closed k r) /\
  (forall e k r, after_f r -> accepts Value k (show e ++ r) = accepts Closed k r).
Proof.
  apply expression_ind; cbn [show_f show_p show]; intros; rewrite <- ?app_assoc; cbn [app map]; auto.
  - rewrite <- (accepts_digits ds k r) by assumption. destruct d; reflexivity.
  - rewrite <- (H k r) by assumption. reflexivity.
  - change (accepts Value (S k) ((show e ++ [Close]) ++ r) = accepts Closed k r).
    rewrite <- app_assoc, H by exact I. reflexivity.
  - rewrite H by exact I. rewrite <- (H0 k r) by assumption. reflexivity.
  - rewrite H by exact I. rewrite <- (H0 k r) by assumption. apply divisor_value.
  - rewrite H by exact I. rewrite <- (H0 k r) by assumption. reflexivity.
  - rewrite H by exact I. rewrite <- (H0 k r) by assumption. reflexivity.
Qed.

(** * What is accepted is the text of an expression *)

(** A value is read: it is a factor, and the rest is accepted after it. *)
Definition reads_value (n : nat) : Prop := forall t k, (length t <= n)%nat -> text_ok t ->
  accepts Value k t = true ->
  exists f r, t = show_f f ++ r /\ (length r < length t)%nat /\ text_ok r /\ accepts Closed k r = true.

(** The end of the text, or a bracket that closes. *)
Definition closes (k : nat) (r : list sym) : Prop :=
  match k with
  | O => r = []
  | S k => exists r', r = Close :: r' /\ text_ok r' /\ accepts Closed k r' = true
  end.

(** What follows a product that ends a sum: it continues the sum up to its end. *)
Lemma reads_rest n : (forall m, (m < n)%nat -> reads_value m) -> forall r k p (C : product -> sum) pre,
  (length r <= n)%nat -> text_ok r -> (forall p, show (C p) = pre ++ show_p p) -> accepts Closed k r = true ->
  exists e r', pre ++ show_p p ++ r = show e ++ r' /\ (length r' <= length r)%nat /\ closes k r'.
Proof.
  intros IH r. remember (length r) as l eqn:El. revert r El.
  induction l as [l IHl] using (well_founded_induction lt_wf). intros r El k p C pre L Tx HC A.
  assert (value : forall x t, r = x :: t -> accepts Value k t = true ->
    exists f t', t = show_f f ++ t' /\ (length t' < length t)%nat /\ text_ok t' /\ accepts Closed k t' = true).
  { intros x t -> At. cbn [length] in El. apply (IH (length t)); auto; [lia|now inversion Tx]. }
  destruct r as [|x t].
  - destruct k; [|discriminate]. exists (C p), []. rewrite HC, !app_nil_r. repeat split; auto. lia.
  - destruct x as [|[]| | | | | |]; try discriminate A.
    all: try (assert (At : accepts Value k t = true) by (first [exact A|rewrite <- divisor_value; exact A]);
      destruct (value _ t eq_refl At) as (f & t' & -> & Lt & Tt & A'); clear At).
    + inversion Tx. congruence.
    + destruct (IHl (length t')) with (r := t') (k := k) (p := PFactor f) (C := fun q => SPlus (C p) q) (pre := pre ++ show_p p ++ [Plus])
        as (e & r' & E & Lr & Cl); auto; cbn [length] in *; try lia.
      { intros q. cbn [show]. rewrite HC, <- !app_assoc. reflexivity. }
      exists e, r'. rewrite <- E, <- !app_assoc. repeat split; auto. lia.
    + destruct (IHl (length t')) with (r := t') (k := k) (p := PFactor f) (C := fun q => SMinus (C p) q) (pre := pre ++ show_p p ++ [Minus])
        as (e & r' & E & Lr & Cl); auto; cbn [length] in *; try lia.
      { intros q. cbn [show]. rewrite HC, <- !app_assoc. reflexivity. }
      exists e, r'. rewrite <- E, <- !app_assoc. repeat split; auto. lia.
    + destruct (IHl (length t')) with (r := t') (k := k) (p := POver p f) (C := C) (pre := pre)
        as (e & r' & E & Lr & Cl); auto; cbn [length] in *; try lia.
      exists e, r'. rewrite <- E. cbn [show_p]. rewrite <- !app_assoc. repeat split; auto. lia.
    + destruct (IHl (length t')) with (r := t') (k := k) (p := PTimes p f) (C := C) (pre := pre)
        as (e & r' & E & Lr & Cl); auto; cbn [length] in *; try lia.
      exists e, r'. rewrite <- E. cbn [show_p]. rewrite <- !app_assoc. repeat split; auto. lia.
    + destruct k as [|k]; [discriminate A|]. exists (C p), (Close :: t). rewrite HC, <- app_assoc.
      split; [reflexivity|split; [lia|]]. exists t. repeat split; auto. now inversion Tx.
Qed.

Lemma reads n : reads_value n.
Proof.
  induction n as [n IH] using (well_founded_induction lt_wf). intros t k L Tx A.
  destruct t as [|x t]; [discriminate|]. cbn [length] in L.
  assert (Tt : text_ok t) by now inversion Tx.
  assert (number : forall d, x = Dig d -> exists f r, x :: t = show_f f ++ r /\
    (length r < S (length t))%nat /\ text_ok r /\ accepts Closed k r = true).
  { intros d ->. assert (At : accepts Number k t = true) by (destruct d; exact A). clear A Tx L IH.
    assert (split : exists ds r, t = map Dig ds ++ r /\ after_f r).
    { clear. induction t as [|[|d| | | | | |] t (ds & r & -> & H)].
      3: now exists (d :: ds), r. all: exists []; eexists; split; [reflexivity|exact I]. }
    destruct split as (ds & r & -> & Ar). rewrite accepts_digits in At by assumption.
    exists (FNumber d ds), r. rewrite app_length. apply Forall_app in Tt. repeat split; auto; [lia|apply Tt]. }
  destruct x as [|d| | | | | |]; try discriminate A; cbn [length].
  - now apply (number d).
  - destruct (IH (length t)) with (t := t) (k := k) as (f & r & -> & Lr & Tr & Ar); auto.
    exists (FMinus f), r. repeat split; auto.
  - destruct (IH (length t)) with (t := t) (k := S k) as (f & r & -> & Lr & Tr & Ar); auto.
    destruct (reads_rest (length r)) with (r := r) (k := S k) (p := PFactor f) (C := SProduct) (pre := @nil sym)
      as (e & r' & E & Lr' & (r2 & -> & Tr2 & Ar2)); auto.
    { intros m Lm. apply IH. lia. }
    exists (FBrackets e), r2. cbn [show_f app show_p length] in *.
    rewrite E, <- !app_assoc. repeat split; auto. rewrite app_length. cbn [length]. lia.
Qed.

(** The package accepts a text, which has no blanks, if and only if it is the text of an expression. *)
Theorem validation text : text_ok text ->
  accepts Value 0 text = true <-> exists e, show e = text.
Proof.
  intros Tx. split.
  - intros A. destruct (reads (length text) text 0%nat (le_n _) Tx A) as (f & r & -> & _ & Tr & Ar).
    destruct (reads_rest (length r)) with (r := r) (k := 0%nat) (p := PFactor f) (C := SProduct) (pre := @nil sym)
      as (e & r' & E & _ & Cl); auto.
    { intros m _. apply reads. }
    cbn [closes] in Cl. subst r'. rewrite app_nil_r in E. now exists e.
  - intros [e <-]. destruct accepts_shown as (_ & _ & H). specialize (H e 0%nat [] I).
    rewrite app_nil_r in H. exact H.
Qed.
